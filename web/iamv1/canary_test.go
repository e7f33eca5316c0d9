package iamv1

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"keydesk/models"
)

// canary is what may be in one kind of answer alone.
type canary struct{ name, text string }

// seen looks for canaries in what the server let out.
func (s *served) seen(t *testing.T, canaries []canary, answers []string) {
	t.Helper()
	places := map[string]string{"the log": s.log.String(), "an answer": strings.Join(answers, "\n"), "an event": ""}
	for _, e := range s.events() {
		places["an event"] += fmt.Sprintf("%+v\n", e)
	}
	for place, text := range places {
		if text == "" {
			t.Errorf("there is no text of %s to look in", place)
		}
		for _, c := range canaries {
			if at := strings.Index(text, c.text); at >= 0 {
				t.Errorf("%s is in %s: %.200s", c.name, place, text[max(0, at-100):])
			}
		}
	}
}

// said is an answer or a refusal, with all its details, as text.
func said(answer proto.Message, err error) string {
	text := prototext.Format(answer)
	if err != nil {
		text += err.Error() + prototext.Format(status.Convert(err).Proto())
		for _, d := range status.Convert(err).Details() {
			text += fmt.Sprint(d)
		}
	}
	return text
}

// No method tells what another answered with once: every one is asked, of a key and a key pair that were just made.
func TestSecretsAreToldOnce(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		one := c.keyed(c.slug())
		create := &iam.CreateApiKeyRequest{ServiceAccountId: a.ID, Description: "a canary"}
		key := call(one, iam.ApiKeyService_Create_FullMethodName, create, &iam.CreateApiKeyResponse{})
		twice := c.keyed(c.slug())
		createPair := &iam.CreateKeyRequest{ServiceAccountId: a.ID}
		made := call(twice, iam.KeyService_Create_FullMethodName, createPair, &iam.CreateKeyResponse{})
		p := pair{a, made.GetKey().GetId(), private(t, made.GetPrivateKey(), made.GetKey().GetId())}
		body := strings.Split(made.GetPrivateKey(), "\n")[3] // a line from within, whatever is made of the lines
		canaries := []canary{{"the secret", key.GetSecret()}, {"the private key", body}, {"the caller's token", c.as.token}}

		var answers []string
		for who, req := range map[string]struct {
			caller
			method string
			req    proto.Message
		}{
			"the key's repeat":  {one, iam.ApiKeyService_Create_FullMethodName, create},
			"the pair's repeat": {twice, iam.KeyService_Create_FullMethodName, createPair},
		} {
			answer := newAnswer(t, req.method)
			err := c.by(c.served, req.as, req.method, req.req, answer)
			if err == nil {
				t.Errorf("%s is answered", who)
			}
			answers = append(answers, said(answer, err))
		}
		for _, method := range c.registered() {
			req := c.request(method, p)
			if id := req.ProtoReflect().Descriptor().Fields().ByName("api_key_id"); id != nil {
				req.ProtoReflect().Set(id, protoreflect.ValueOfString(key.GetApiKey().GetId()))
			}
			if id := req.ProtoReflect().Descriptor().Fields().ByName("service_account_id"); id != nil && c.server.table[method].does == reads {
				req.ProtoReflect().Set(id, protoreflect.ValueOfString(a.ID)) // whose keys they are
			}
			answer := newAnswer(t, method)
			err := c.by(c.served, c.as, method, req, answer)
			answers = append(answers, said(answer, err))
		}
		c.seen(t, canaries, answers)
	})
}

// filled puts a text in every place of a message that takes one.
func filled(m protoreflect.Message, text string) proto.Message {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.IsMap():
			m.Mutable(f).Map().Set(protoreflect.ValueOfString(text).MapKey(), protoreflect.ValueOfString(text))
		case f.IsList() && f.Kind() == protoreflect.StringKind:
			m.Mutable(f).List().Append(protoreflect.ValueOfString(text))
		case f.IsList() && f.Kind() == protoreflect.MessageKind:
			filled(m.Mutable(f).List().AppendMutable().Message(), text)
		case f.Kind() == protoreflect.StringKind:
			m.Set(f, protoreflect.ValueOfString(text))
		case f.Kind() == protoreflect.MessageKind && f.Message().FullName() != "google.protobuf.Timestamp":
			filled(m.Mutable(f).Message(), text)
		}
	}
	return m.Interface()
}

// Who puts a secret where it does not belong finds it refused, and neither told back nor written down: in every field of
// every request, whole and in each field alone, and in the headers.
func TestMisplacedSecretsAreNotRepeated(t *testing.T) {
	everyWay(t, func(t *testing.T, c caller) {
		a := c.anAccount()
		secret := c.key(a, "yc.postbox.send").Secret.Reveal()
		token := c.token(c.person("careless", models.Administrator))
		var answers []string
		ask := func(as asked, method string, req proto.Message) {
			answer := newAnswer(t, method)
			if err := c.by(c.served, as, method, req, answer); !errors.Is(err, errUnsent) {
				answers = append(answers, said(answer, err))
			}
		}
		p := c.pair()
		for _, method := range c.registered() {
			d, err := described(method)
			c.ok(err)
			for _, text := range []string{secret, token} {
				if method == iam.IamTokenService_Revoke_FullMethodName && text == token {
					continue // it would be revoked, and then be the canary of nobody
				}
				ask(c.as, method, filled(newMessage(t, d.Input()).ProtoReflect(), text))
				for i := range d.Input().Fields().Len() {
					f := d.Input().Fields().Get(i)
					if f.Kind() == protoreflect.StringKind && !f.IsList() && !f.IsMap() {
						req := c.request(method, p)
						req.ProtoReflect().Set(f, protoreflect.ValueOfString(text))
						ask(c.as, method, req)
					}
				}
			}
		}
		ask(asked{token: secret}, iam.ApiKeyService_ListScopes_FullMethodName, &iam.ListApiKeyScopesRequest{})
		ask(asked{token: token, scheme: "Basic"}, iam.ApiKeyService_ListScopes_FullMethodName, &iam.ListApiKeyScopesRequest{})
		ask(c.keyed(secret).as, iam.ApiKeyService_Create_FullMethodName, &iam.CreateApiKeyRequest{ServiceAccountId: "aje00000000000000000"})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+"/iam/v1/apiKeyScopes", nil)
		c.ok(err)
		r.Header.Set("X-Client-Trace-Id", secret)
		got, err := http.DefaultClient.Do(r)
		c.ok(err)
		c.ok(got.Body.Close())
		answers = append(answers, fmt.Sprint(got.Header))
		c.seen(t, []canary{{"the secret", secret}, {"the token", token}, {"the caller's token", c.as.token}}, answers)
	})
}
