// Package clients shows that the published clients of Yandex Cloud manage Keydesk as they are: both Go SDKs, the Node SDK, and
// the calls of the Terraform provider, each against the program that users run.
//
//	go test -C tools/clients -count=1 ./...
//
// It is a module of its own: the SDKs are large, and nothing of them is linked into the product. The tests take what they
// need from the network's package registries alone; no call leaves this machine.
package clients
