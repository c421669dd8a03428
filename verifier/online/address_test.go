package online

import (
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"8.8.8.8": "public", "1.1.1.1": "public", "100.63.255.255": "public", "100.128.0.0": "public", "172.32.0.1": "public",
		"2606:4700::1111": "public", "2a00:1450::1": "public", "::ffff:8.8.8.8": "public", "64:ff9b::808:808": "public",
		"10.0.0.1": "private", "172.16.0.1": "private", "172.31.255.255": "private", "192.168.1.1": "private", "127.0.0.1": "private",
		"127.1.2.3": "private", "100.64.0.1": "private", "::1": "private", "fc00::1": "private", "fd12::1": "private",
		"::ffff:127.0.0.1": "private", "::ffff:10.0.0.1": "private", "64:ff9b::7f00:1": "private", "64:ff9b::a00:1": "private",
		"0.0.0.0": "", "0.1.2.3": "", "169.254.169.254": "", "::ffff:169.254.169.254": "", "64:ff9b::a9fe:a9fe": "", "::": "",
		"fe80::1": "", "fe80::1%eth0": "", "2001:db8::1": "", "2002:7f00:1::": "", "2002:808:808::": "", "2001:0:1::1": "", "3fff::1": "",
		"ff02::1": "", "224.0.0.1": "", "255.255.255.255": "", "240.0.0.1": "", "192.0.0.192": "", "192.0.2.1": "", "198.18.0.1": "",
		"198.51.100.1": "", "203.0.113.1": "", "192.88.99.1": "", "168.63.129.16": "", "100.100.100.200": "", "fd00:ec2::254": "",
		"64:ff9b:1::1": "", "100::1": "", "::7f00:1": "", "::808:808": "", "5f00::1": "", "fec0::1": "", "4000::1": "",
		"2606:4700::1111%eth0": "",
	} {
		got, ip := "", netip.MustParseAddr(text)
		switch {
		case isPublic(ip):
			got = "public"
		case isPrivate(ip):
			got = "private"
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}
