package sdjwt

import (
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func digest(disclosure string) string {
	return base64.RawURLEncoding.EncodeToString(Hash("sha-256")(disclosure))
}

// The example of RFC 9901, section 4.2.3.
func TestPublishedDigest(t *testing.T) {
	const disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
	if got := digest(disclosure); got != "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0" {
		t.Errorf("%s", got)
	}
}

func TestUnbound(t *testing.T) {
	name, city := encode(`["s","name","Ada"]`), encode(`["s","city","Bremen"]`)
	address := encode(`["s","address",{"_sd":["` + digest(city) + `"]}]`)
	element := encode(`["s","DE"]`)
	long := sha512.Sum384([]byte(name))
	sd := func(digests ...string) string { return `{"_sd":["` + strings.Join(digests, `","`) + `"]}` }
	for _, tt := range []struct {
		name, payload string
		disclosures   []string
		why           string
	}{
		{"nothing", `{}`, nil, ""},
		{"one", sd(digest(name), digest("decoy")), []string{name}, ""},
		{"not all", sd(digest(name), digest(address)), []string{name}, ""},
		{"in another", sd(digest(address)), []string{city, address}, ""},
		{"an element", `{"a":[{"...":"` + digest(element) + `"}]}`, []string{element}, ""},
		{"another hash", `{"_sd":["` + base64.RawURLEncoding.EncodeToString(long[:]) + `"],"_sd_alg":"sha-384"}`, []string{name}, ""},

		{"somebody's own", sd(digest(name)), []string{encode(`["s","name","Eve"]`)}, "not signed"},
		{"in another that is not shown", sd(digest(address)), []string{city}, "not signed"},
		{"twice", sd(digest(name)), []string{name, name}, "twice"},
		{"a digest twice", sd(digest(name), digest(name)), []string{name}, "relied on"},
		{"a member as an element", `{"a":[{"...":"` + digest(name) + `"}]}`, []string{name}, "relied on"},
		{"an element as a member", sd(digest(element)), []string{element}, "relied on"},
		{"a digest in a text", `{"a":"` + digest(name) + `"}`, []string{name}, "not signed"},
		{"an unknown hash", `{"_sd":[],"_sd_alg":"md5"}`, []string{name}, "not known"},
		{"a hash that is no text", `{"_sd":[],"_sd_alg":1}`, []string{name}, "not known"},
		{"the hash twice", `{"_sd_alg":"sha-256","_sd_alg":"sha-512"}`, []string{name}, "relied on"},
		{"no payload", ``, []string{name}, "relied on"},
		{"an array", `[]`, []string{name}, "relied on"},
		{"no base64", sd(digest("!")), []string{"!"}, "cannot be read"},
		{"a line end in it", sd(digest(name[:4] + "\n" + name[4:])), []string{name[:4] + "\n" + name[4:]}, "cannot be read"},
		{"padding", sd(digest(name + "=")), []string{name + "="}, "cannot be read"},
		{"one element", sd(digest(encode(`["s"]`))), []string{encode(`["s"]`)}, "cannot be read"},
		{"four elements", sd(digest(encode(`["s","a",1,2]`))), []string{encode(`["s","a",1,2]`)}, "cannot be read"},
		{"a salt that is no text", sd(digest(encode(`[1,"a",1]`))), []string{encode(`[1,"a",1]`)}, "cannot be read"},
		{"named _sd", sd(digest(encode(`["s","_sd",[]]`))), []string{encode(`["s","_sd",[]]`)}, "cannot be read"},
		{"too many", `{}`, make([]string, Max+1), "more than 10000"},
	} {
		if why := Unbound([]byte(tt.payload), tt.disclosures); (why == "") != (tt.why == "") || !strings.Contains(why, tt.why) {
			t.Errorf("%s: %q, want %q", tt.name, why, tt.why)
		}
	}
}

// FuzzUnbound: what is bound is bound by a digest that stands in the payload or in another part.
func FuzzUnbound(f *testing.F) {
	name := encode(`["s","name","Ada"]`)
	f.Add([]byte(fmt.Sprintf(`{"_sd":[%q]}`, digest(name))), name)
	f.Add([]byte(`{"a":[{"...":"x"}],"_sd_alg":"sha-512"}`), encode(`["s",1]`)+"~"+name)
	f.Fuzz(func(t *testing.T, payload []byte, list string) {
		disclosures := strings.Split(list, "~")
		if Unbound(payload, disclosures) != "" {
			return
		}
		text := string(payload)
		for _, d := range disclosures {
			decoded, err := base64.RawURLEncoding.DecodeString(d)
			if err != nil {
				t.Fatalf("%q is taken", d)
			}
			text += string(decoded)
		}
		if strings.Contains(text, `\`) || strings.Contains(text, "_sd_alg") {
			return
		}
		for _, d := range disclosures {
			if !strings.Contains(text, digest(d)) {
				t.Fatalf("%q is taken, and its digest is nowhere in %q", d, text)
			}
		}
	})
}
