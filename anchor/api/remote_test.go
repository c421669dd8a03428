package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func address(text string) netip.Addr { return netip.MustParseAddr(text) }

// Who asks, as the hops say that are trusted.
func TestRemote(t *testing.T) {
	proxies := []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("fd00::/8"),
	}
	for name, c := range map[string]struct {
		from      string
		forwarded []string
		want      string
		free      bool
	}{
		"direct":                        {"192.0.2.1:5", nil, "192.0.2.1", false},
		"mapped":                        {"[::ffff:192.0.2.1]:5", nil, "192.0.2.1", false},
		"with a zone":                   {"[fe80::1%eth0]:5", nil, "fe80::1", false},
		"here":                          {"127.0.0.1:5", nil, "127.0.0.1", true},
		"here, mapped":                  {"[::ffff:127.0.0.1]:5", nil, "127.0.0.1", true},
		"not trusted":                   {"192.0.2.1:5", []string{"198.51.100.7"}, "192.0.2.1", false},
		"not trusted, says here":        {"192.0.2.1:5", []string{"127.0.0.1"}, "192.0.2.1", false},
		"proxy here":                    {"127.0.0.1:5", []string{"198.51.100.7"}, "198.51.100.7", false},
		"proxy elsewhere":               {"10.1.2.3:5", []string{"198.51.100.7"}, "198.51.100.7", false},
		"proxy, mapped":                 {"[::ffff:10.1.2.3]:5", []string{"::ffff:198.51.100.7"}, "198.51.100.7", false},
		"proxy of IPv6":                 {"[fd00::1]:5", []string{"2001:db8::7"}, "2001:db8::7", false},
		"two proxies":                   {"127.0.0.1:5", []string{"198.51.100.7, 10.1.2.3"}, "198.51.100.7", false},
		"two headers":                   {"127.0.0.1:5", []string{"203.0.113.9", "198.51.100.7,10.1.2.3"}, "198.51.100.7", false},
		"made up before":                {"127.0.0.1:5", []string{"127.0.0.1, 198.51.100.7"}, "198.51.100.7", false},
		"made up proxy before":          {"127.0.0.1:5", []string{"203.0.113.9, 10.9.9.9, 198.51.100.7"}, "198.51.100.7", false},
		"with a port":                   {"127.0.0.1:5", []string{"198.51.100.7:1234"}, "198.51.100.7", false},
		"IPv6 with a port":              {"127.0.0.1:5", []string{"[2001:db8::7]:1234"}, "2001:db8::7", false},
		"unknown":                       {"127.0.0.1:5", []string{"unknown"}, "127.0.0.1", false},
		"empty":                         {"127.0.0.1:5", []string{""}, "127.0.0.1", false},
		"unknown behind a proxy":        {"127.0.0.1:5", []string{"unix:, 10.1.2.3"}, "10.1.2.3", false},
		"behind what cannot be read":    {"127.0.0.1:5", []string{"203.0.113.9, x"}, "127.0.0.1", false},
		"proxies alone":                 {"127.0.0.1:5", []string{"10.1.2.3"}, "10.1.2.3", false},
		"here by a proxy here":          {"127.0.0.1:5", []string{"127.0.0.1"}, "127.0.0.1", true},
		"here by a proxy elsewhere":     {"10.1.2.3:5", []string{"127.0.0.1"}, "10.1.2.3", false},
		"here, through a proxy of ours": {"127.0.0.1:5", []string{"127.0.0.1, 10.1.2.3"}, "10.1.2.3", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.from
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := remoteOf(r, proxies); got.addr.String() != c.want || got.free != c.free {
				t.Errorf("%s, free %v; want %s, %v", got.addr, got.free, c.want, c.free)
			}
		})
	}
}

// Users behind a proxy on another machine have a rate each, and the prefixes of a site
// one together.
func TestRateOfProxiesAndSites(t *testing.T) {
	handler := newLimits(Config{
		Rate:    1,
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")},
	}).wrap(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request,
	) {
		w.WriteHeader(http.StatusNoContent)
	}))
	get := func(from, forwarded string) int {
		r, w := httptest.NewRequest(http.MethodGet, "/v1/info", nil), httptest.NewRecorder()
		r.RemoteAddr = from
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		handler.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 20 {
		if code := get("10.0.0.1:1", fmt.Sprintf("198.51.100.%d", i)); code != http.StatusNoContent {
			t.Fatalf("user %d pays for others: %d", i, code)
		}
	}
	refused := 0
	for i := range 1000 {
		if get(fmt.Sprintf("[2001:db8:1:%x::1]:1", i), "") == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 900 {
		t.Errorf("of 1,000 prefixes of one site %d were refused", refused)
	}
	if code := get("[2001:db8:2::1]:1", ""); code != http.StatusNoContent {
		t.Errorf("another site: %d", code)
	}
}
