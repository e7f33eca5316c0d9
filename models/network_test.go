package models

import "testing"

func TestNetworkOf(t *testing.T) {
	for text, want := range map[string]string{
		"10.2.3.4":                 "10.2.3.0/24",
		"10.2.3.0/24":              "10.2.3.0/24",
		"10.2.3.4/24":              "10.2.3.0/24",
		"2001:DB8:1:2::9":          "2001:db8:1::/48",
		"2001:db8:1::/48":          "2001:db8:1::/48",
		"::ffff:10.2.3.4":          "10.2.3.0/24",
		"fe80::1%eth0":             "fe80::/48",
		OtherName:                  OtherName,
		"10.2.3.0/25":              "",
		"10.0.0.0/8":               "",
		"2001:db8::/64":            "",
		"10.2.3":                   "",
		"10.2.3.4 OR 1=1":          "",
		"":                         "",
		"example.com":              "",
		"10.2.3.0/24, 10.2.4.0/24": "",
	} {
		got, ok := NetworkOf(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("NetworkOf(%q) = %q, %v, want %q", text, got, ok, want)
		}
	}
}
