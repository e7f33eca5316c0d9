package secret

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func draws(n int) []Secret {
	r := rand.NewChaCha8([32]byte{1})
	out := make([]Secret, n)
	for i := range out {
		out[i], _ = New(r)
	}
	return out
}

func TestNewHasTheShape(t *testing.T) {
	shape := regexp.MustCompile(`^keydesk_[0-9A-Za-z]{49}$`)
	seen := map[string]bool{}
	for _, s := range draws(2000) {
		if !shape.MatchString(s.Reveal()) || seen[s.Reveal()] {
			t.Fatalf("bad or repeated secret %q", s.Reveal())
		}
		seen[s.Reveal()] = true
	}
	gw, err := NewGateway(rand.NewChaCha8([32]byte{}))
	if err != nil || !regexp.MustCompile(`^keydeskgw_[0-9A-Za-z]{49}$`).MatchString(gw.Reveal()) {
		t.Fatalf("gateway credential: %v", err)
	}
}

// The first character carries only part of a digit (62^43 > 2^256), all others must be even: a modulo bias would show here.
func TestNewIsNotBiased(t *testing.T) {
	count := map[byte]int{}
	all := draws(4000)
	for _, s := range all {
		for _, c := range []byte(s.Reveal()[len(Prefix)+1 : len(Prefix)+randomLen]) {
			count[c]++
		}
	}
	want := float64(len(all)*(randomLen-1)) / 62
	for _, c := range []byte(alphabet) {
		if got := float64(count[c]); got < want*0.9 || got > want*1.1 {
			t.Errorf("character %q comes %v times, want about %v", c, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	whole := draws(1)[0].Reveal()
	swapped := []byte(whole)
	swapped[20], swapped[21] = swapped[21], swapped[20]
	cases := map[string]struct {
		in string
		ok bool
	}{
		"whole":            {whole, true},
		"cut by one":       {whole[:len(whole)-1], false},
		"one too many":     {whole + "0", false},
		"newline at end":   {whole + "\n", false},
		"space before":     {" " + whole[:len(whole)-1], false},
		"quoted":           {`"` + whole + `"`, false},
		"upper prefix":     {"K" + whole[1:], false},
		"swapped":          {string(swapped), swapped[20] == swapped[21]},
		"gateway's prefix": {GatewayPrefix + whole[len(Prefix):], false},
		"zero-width space": {whole[:20] + "\u200b" + whole[23:], false},
		"NUL":              {whole[:20] + "\x00" + whole[21:], false},
		"empty":            {"", false},
		"percent encoded":  {whole[:len(whole)-3] + "%20", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(tc.in)
			sum, ok := Sum(tc.in)
			if (err == nil) != tc.ok || ok != tc.ok {
				t.Fatalf("Parse ok = %v, Sum ok = %v, want %v", err == nil, ok, tc.ok)
			}
			if ok && sum != (Secret{tc.in}).Sum() {
				t.Error("Sum and Secret.Sum differ")
			}
		})
	}
}

func TestWithin(t *testing.T) {
	whole := draws(1)[0].Reveal()
	for text, want := range map[string]bool{
		"the key is " + whole + ", keep it": true, whole: true, "x_" + whole: true, whole + "_old": true, whole[:len(whole)-1]: false, "keydesk_": false, "": false,
	} {
		if Within(text) != want {
			t.Errorf("Within(%q) is %v", text, !want)
		}
	}
}

func TestEveryFlippedCharacterIsMalformed(t *testing.T) {
	whole := draws(1)[0].Reveal()
	for i := len(Prefix); i < len(whole); i++ {
		for _, c := range []byte(alphabet) {
			if c == whole[i] {
				continue
			}
			if _, ok := Sum(whole[:i] + string(c) + whole[i+1:]); ok {
				t.Fatalf("a flip at %d is accepted", i)
			}
		}
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	s := draws(1)[0]
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("made", "secret", s, "in", struct{ S Secret }{s}, "at", &s)
	encoded, _ := json.Marshal(map[string]any{"s": s, "p": &s})
	printed := fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s) + fmt.Sprint(s, &s, []Secret{s}, struct{ S Secret }{s}) +
		fmt.Errorf("with %v", s).Error() + log.String() + string(encoded)
	if strings.Contains(printed, s.Reveal()[len(Prefix):len(s.Reveal())-tailLen]) || !strings.Contains(printed, s.Mask()) {
		t.Fatalf("printed: %s", printed)
	}
}

func TestTheChecksumIsCRC32(t *testing.T) {
	for _, s := range draws(50) {
		head, want := s.Reveal()[:len(Prefix)+randomLen], [tailLen]byte{}
		for i, sum := tailLen-1, crc32.ChecksumIEEE([]byte(head)); i >= 0; i, sum = i-1, sum/62 {
			want[i] = alphabet[sum%62]
		}
		if s.Tail() != string(want[:]) {
			t.Errorf("tail %s, want %s", s.Tail(), want)
		}
	}
}

func TestSumAndDigestAllocateNothing(t *testing.T) {
	text := draws(1)[0].Reveal()
	p, _ := NewPeppers(1, map[int][]byte{1: make([]byte, 32)})
	if n := testing.AllocsPerRun(500, func() {
		sum, _ := Sum(text)
		_, _ = p.Digest(1, sum)
	}); n > 0 {
		t.Errorf("a sum and its digest allocate %v times, want none", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(draws(1)[0].Reveal())
	f.Add("keydesk_")
	f.Fuzz(func(t *testing.T, in string) {
		s, err := Parse(in)
		if err == nil && s.Reveal() != in {
			t.Fatal("parsed into another text")
		}
	})
}
