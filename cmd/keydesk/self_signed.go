package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Files of the certificate that is made on request, in the data directory.
const (
	selfSignedCert = "tls.pem"
	selfSignedKey  = "tls.key"
)

// Life of such a certificate, and how much of it has to be left at a start.
const (
	selfSignedFor  = 397 * 24 * time.Hour // browsers take no longer one
	selfSignedLeft = 30 * 24 * time.Hour
)

// selfSign has the server use the certificate that was made before, or makes one, where that was asked for.
func (c *serveCmd) selfSign(dir string) error {
	if !c.TLSSelfSigned {
		return nil
	}
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost"
	}
	c.TLSCert, c.TLSKey = filepath.Join(dir, selfSignedCert), filepath.Join(dir, selfSignedKey)
	if stillGood(c.TLSCert, c.TLSKey, hostname, time.Now()) {
		return nil
	}
	if err := makeSelfSigned(c.TLSCert, c.TLSKey, hostname, time.Now()); err != nil {
		return fmt.Errorf("the self-signed certificate: %w", err)
	}
	return nil
}

// stillGood reports whether the files are a pair that will be good for a while, on a machine of that name.
func stillGood(certFile, keyFile, hostname string, now time.Time) bool {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return false
	}
	return now.Add(selfSignedLeft).Before(pair.Leaf.NotAfter) && pair.Leaf.VerifyHostname(hostname) == nil
}

// makeSelfSigned writes a certificate for this machine's names. It signs itself and nothing else: who trusts it trusts this
// server alone.
func makeSelfSigned(certFile, keyFile, hostname string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Keydesk on " + hostname},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfSignedFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		DNSNames: []string{"localhost", hostname}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(keyFile, "PRIVATE KEY", private); err != nil {
		return err
	}
	return writePEM(certFile, "CERTIFICATE", cert)
}

// writePEM writes a file that its owner alone may read, whatever was there.
func writePEM(path, kind string, der []byte) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) { // its mode may be another
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
