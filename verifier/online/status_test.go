package online_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/hosted"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/online"
	"github.com/hallmark-node/hallmark/verifier/online/onlinetest"
)

type object map[string]any

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// encode compresses a bitstring as encodedList has it.
func encode(bits []byte) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(bits)
	if err = errors.Join(err, z.Close()); err != nil {
		panic(err) // a buffer takes all
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// withBits returns a list of the least size with some entries set.
func withBits(set ...int) string {
	bits := make([]byte, 131_072/8)
	for _, i := range set {
		bits[i/8] |= 0x80 >> (i % 8)
	}
	return encode(bits)
}

// college is a server whose answers a test sets, and the issuer that it is of.
type college struct {
	host, issuer string
	answers      map[string]any // by path: an object, a text or a handler
	asked        atomic.Int32
}

func newCollege(t testing.TB, web *onlinetest.Web) *college {
	c := &college{answers: make(map[string]any)}
	c.host = web.Serve(t, "college.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked.Add(1)
		switch a := c.answers[r.URL.Path].(type) {
		case nil:
			http.NotFound(w, r)
		case string:
			fmt.Fprint(w, a)
		case func(http.ResponseWriter, *http.Request):
			a(w, r)
		default:
			fmt.Fprintf(w, "%s", marshal(t, a))
		}
	}))
	c.issuer = "did:web:" + strings.Replace(c.host, ":", "%3A", 1)
	return c
}

func (c *college) url(path string) string { return "https://" + c.host + path }

// credential is a credential of the college with entries of credentialStatus.
func (c *college) credential(status any) object {
	return object{
		"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "type": []string{"VerifiableCredential"},
		"id": "urn:uuid:1", "issuer": c.issuer, "credentialSubject": object{"id": "did:example:ada"}, "credentialStatus": status,
	}
}

func (c *college) entry(purpose string, index any) object {
	return object{
		"type": "BitstringStatusListEntry", "statusPurpose": purpose, "statusListIndex": index,
		"statusListCredential": c.url("/" + purpose),
	}
}

// list is a credential that is a status list.
func (c *college) list(purpose any, encoded string) object {
	return object{
		"@context": []string{"https://www.w3.org/ns/credentials/v2"},
		"type":     []string{"VerifiableCredential", "BitstringStatusListCredential"},
		"id":       c.url(fmt.Sprintf("/%v", purpose)), "issuer": c.issuer,
		"credentialSubject": object{
			"id": c.url("/list#list"), "type": "BitstringStatusList", "statusPurpose": purpose, "encodedList": encoded,
		},
	}
}

func (o object) with(changes object) object {
	out := maps.Clone(o)
	maps.Copy(out, changes)
	return out
}

func subject(o object, changes object) object {
	return o.with(object{"credentialSubject": o["credentialSubject"].(object).with(changes)})
}

func statusOf(t testing.TB, f *online.Fetcher, doc []byte) online.Finding {
	t.Helper()
	return f.Status(t.Context(), doc, credential.Describe(doc))
}

// check compares a finding with "outcome reason" and a part of its sentence.
func check(t *testing.T, got online.Finding, want, says string) {
	t.Helper()
	if is := strings.TrimSpace(fmt.Sprintf("%s %s", got.Result, got.Reason)); is != want || !strings.Contains(got.Detail, says) {
		t.Errorf("%s: %s\nwant %s: %s", is, got.Detail, want, says)
	}
}

const cannotTell = "unknown elsewhere_unknown"

func TestBitstring(t *testing.T) {
	web := onlinetest.New(t)
	good := func(c *college) { c.answers["/revocation"] = c.list("revocation", withBits(94567)) }
	for name, tt := range map[string]struct {
		status     func(c *college) any
		serve      func(c *college)
		want, says string
	}{
		"good": {
			func(c *college) any { return c.entry("revocation", "94566") },
			good,
			"pass",
			"not revoked by the list that its issuer's own host college.example",
		},
		"the next is good":  {func(c *college) any { return c.entry("revocation", "94568") }, good, "pass", ""},
		"revoked":           {func(c *college) any { return c.entry("revocation", "94567") }, good, "fail revoked", "revoked by the list"},
		"index as a number": {func(c *college) any { return c.entry("revocation", 94567) }, good, "fail revoked", ""},
		"first":             {func(c *college) any { return c.entry("revocation", "0") }, good, "pass", ""},
		"last":              {func(c *college) any { return c.entry("revocation", "131071") }, good, "pass", ""},
		"behind the end":    {func(c *college) any { return c.entry("revocation", "131072") }, good, cannotTell, "entry 131072 is asked for"},
		"negative":          {func(c *college) any { return c.entry("revocation", "-1") }, good, cannotTell, "its index is not a number"},
		"fraction":          {func(c *college) any { return c.entry("revocation", 1.5) }, good, cannotTell, "its index is not a number"},
		"huge": {
			func(c *college) any { return c.entry("revocation", "99999999999999999999") },
			good,
			cannotTell,
			"its index is not a number",
		},
		"hexadecimal": {func(c *college) any { return c.entry("revocation", "0x10") }, good, cannotTell, "its index is not a number"},
		"no index":    {func(c *college) any { return c.entry("revocation", nil) }, good, cannotTell, "its index is not a number"},
		"no list": {
			func(c *college) any { return c.entry("revocation", "1").with(object{"statusListCredential": ""}) },
			good,
			cannotTell,
			"it names no list",
		},
		"no purpose":          {func(c *college) any { return c.entry("", "1") }, good, cannotTell, "it has no purpose"},
		"a purpose not known": {func(c *college) any { return c.entry("party", "1") }, good, cannotTell, "whose purpose is not known here"},
		"another purpose": {
			func(c *college) any {
				return c.entry("suspension", "94567").with(object{"statusListCredential": c.url("/revocation")})
			},
			good, cannotTell, "it is not one for suspension",
		},
		"suspended": {
			func(c *college) any { return c.entry("suspension", "7") },
			func(c *college) { c.answers["/suspension"] = c.list("suspension", withBits(7)) }, "fail suspended", "suspended by",
		},
		"list of several purposes": {
			func(c *college) any { return c.entry("revocation", "7") },
			func(c *college) {
				c.answers["/revocation"] = subject(c.list("revocation", withBits(7)), object{"statusPurpose": []string{"suspension", "revocation"}})
			}, "fail revoked", "",
		},
		"suspended and not revoked": {
			func(c *college) any { return []object{c.entry("revocation", "7"), c.entry("suspension", "7")} },
			func(c *college) {
				good(c)
				c.answers["/suspension"] = c.list("suspension", withBits(7))
			}, "fail suspended", "not revoked by",
		},
		"suspended and revoked": {
			func(c *college) any { return []object{c.entry("suspension", "94567"), c.entry("revocation", "94567")} },
			func(c *college) {
				good(c)
				c.answers["/suspension"] = c.list("suspension", withBits(94567))
			}, "fail revoked", "suspended by",
		},
		"good, and another list is down": {
			func(c *college) any { return []object{c.entry("suspension", "1"), c.entry("revocation", "1")} },
			func(c *college) {
				good(c)
				c.answers["/suspension"] = respond(http.StatusServiceUnavailable, "")
			}, cannotTell, "cannot answer now (HTTP 503); nothing is known from there; not revoked by",
		},
		"revoked, and another list is down": {
			func(c *college) any { return []object{c.entry("suspension", "1"), c.entry("revocation", "94567")} },
			good, "fail revoked", "HTTP 404",
		},
		"messages": {
			func(c *college) any {
				return c.entry("message", "3").with(object{"statusSize": 2, "statusMessage": []object{
					{"status": "0x0", "message": "accepted"},
					{"status": "0x1", "message": "pending"},
					{"status": "0x2", "message": "rejected"},
					{"status": "0x3", "message": "lost"},
				}})
			},
			func(c *college) {
				c.answers["/message"] = c.list("message", encode(append([]byte{0b00000010}, make([]byte, 131_072/4)...)))
			},
			"pass", `its issuer says "rejected"`,
		},
		"messages missing": {
			func(c *college) any { return c.entry("message", "3").with(object{"statusSize": 2}) },
			func(c *college) { c.answers["/message"] = c.list("message", withBits()) }, cannotTell, "a message for each of its values",
		},
		"size of nothing": {
			func(c *college) any { return c.entry("revocation", "3").with(object{"statusSize": 0}) },
			good,
			cannotTell,
			"its size is not of",
		},
		"size of much": {
			func(c *college) any { return c.entry("revocation", "3").with(object{"statusSize": 64}) },
			good,
			cannotTell,
			"its size is not of",
		},
		"refresh": {
			func(c *college) any { return c.entry("refresh", "5") },
			func(c *college) { c.answers["/refresh"] = c.list("refresh", withBits(5)) }, "pass", "a newer credential is to be had",
		},
		"short": {
			nil,
			func(c *college) { c.answers["/revocation"] = c.list("revocation", encode(make([]byte, 16_383))) },
			cannotTell,
			"it has 131064 entries, and must have 131072",
		},
		"empty": {
			nil,
			func(c *college) { c.answers["/revocation"] = c.list("revocation", encode(nil)) },
			cannotTell,
			"it has 0 entries",
		},
		"bomb": {
			nil,
			func(c *college) { c.answers["/revocation"] = c.list("revocation", encode(make([]byte, 100<<20))) },
			cannotTell,
			"more than 16 MiB",
		},
		"not base64": {nil, func(c *college) { c.answers["/revocation"] = c.list("revocation", "uH4s!!") }, cannotTell, "not in base64"},
		"not gzip": {
			nil,
			func(c *college) { c.answers["/revocation"] = c.list("revocation", "uAAAA") },
			cannotTell,
			"not a compressed bitstring",
		},
		"cut gzip": {
			nil,
			func(c *college) { c.answers["/revocation"] = c.list("revocation", withBits(1)[:40]) },
			cannotTell,
			"cannot be decompressed",
		},
		"another multibase": {
			nil,
			func(c *college) { c.answers["/revocation"] = c.list("revocation", "z6Mk") },
			cannotTell,
			"not a compressed bitstring",
		},
		"no multibase, as drafts had it": {
			func(c *college) any { return c.entry("revocation", "94567") },
			func(c *college) { c.answers["/revocation"] = c.list("revocation", withBits(94567)[1:]) }, "fail revoked", "",
		},
		"StatusList2021": {
			func(c *college) any {
				return c.entry("revocation", "94567").with(object{"type": "StatusList2021Entry"})
			},
			func(c *college) {
				l := c.list("revocation", withBits(94567)[1:]).with(object{"type": []string{"VerifiableCredential", "StatusList2021Credential"}})
				c.answers["/revocation"] = subject(l, object{"type": "StatusList2021"})
			}, "fail revoked", "",
		},
		"of another issuer": {nil, func(c *college) {
			c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"issuer": "did:web:other.example"})
		}, cannotTell, "the list of another issuer"},
		"of nobody": {nil, func(c *college) {
			l := c.list("revocation", withBits(1))
			delete(l, "issuer")
			c.answers["/revocation"] = l
		}, cannotTell, "whose list it is"},
		"of another address": {nil, func(c *college) {
			c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"id": "https://college.example/other"})
		}, cannotTell, "the list of another address"},
		"run out": {nil, func(c *college) {
			c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"validUntil": "2020-01-01T00:00:00Z"})
		}, cannotTell, "it was valid until 2020-01-01"},
		"not valid yet": {nil, func(c *college) {
			c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"validFrom": "2199-01-01T00:00:00Z"})
		}, cannotTell, "it is valid only from 2199-01-01 on"},
		"dates of nonsense": {nil, func(c *college) {
			c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"validUntil": "tomorrow"})
		}, cannotTell, "of no use"},
		"an ordinary credential": {nil, func(c *college) {
			c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"type": "VerifiableCredential"})
		}, cannotTell, "it is not a status list"},
		"a member twice": {nil, func(c *college) {
			c.answers["/revocation"] = strings.Replace(string(marshal(t, c.list("revocation", withBits(1)))), `"issuer"`, `"issuer":"x","issuer"`, 1)
		}, cannotTell, "cannot be read"},
		"HTML":     {nil, func(c *college) { c.answers["/revocation"] = "<html>Welcome!</html>" }, cannotTell, "the answer of college.example"},
		"nothing":  {nil, func(c *college) { c.answers["/revocation"] = "" }, cannotTell, "it is not a status list"},
		"null":     {nil, func(c *college) { c.answers["/revocation"] = "null" }, cannotTell, "it is not a status list"},
		"an array": {nil, func(c *college) { c.answers["/revocation"] = "[{}]" }, cannotTell, "it is not a status list"},
		"gone": {nil, func(c *college) {
			c.answers["/revocation"] = respond(http.StatusGone, "")
		}, cannotTell, "not there any more"},
		"not there": {nil, func(*college) {}, cannotTell, "answers HTTP 404; nothing is known from there"},
		"cut": {nil, func(c *college) {
			c.answers["/revocation"] = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, cannotTell, "could not be reached"},
		"a list that is nowhere": {
			func(c *college) any {
				return c.entry("revocation", "1").with(object{"statusListCredential": "http://college.example/x"})
			},
			good, cannotTell, "only https:// is asked",
		},
		"a list on cloud metadata": {
			func(c *college) any {
				return c.entry("revocation", "1").with(object{"statusListCredential": "https://169.254.169.254/"})
			},
			good, cannotTell, "is not one of the public internet",
		},
		"a list within a token": {
			func(c *college) any { return c.entry("revocation", "94567") },
			func(c *college) {
				b := base64.RawURLEncoding
				c.answers["/revocation"] = b.EncodeToString([]byte(`{"alg":"EdDSA","typ":"vc+jwt"}`)) + "." +
					b.EncodeToString(marshal(t, c.list("revocation", withBits(94567)))) + "." + b.EncodeToString(make([]byte, 64))
			}, "fail revoked", "",
		},
		"a list within an envelope": {
			func(c *college) any { return c.entry("revocation", "94567") },
			func(c *college) {
				b := base64.RawURLEncoding
				token := b.EncodeToString([]byte(`{"alg":"EdDSA","typ":"vc+jwt"}`)) + "." +
					b.EncodeToString(marshal(t, c.list("revocation", withBits(94567)))) + "." + b.EncodeToString(make([]byte, 64))
				c.answers["/revocation"] = object{
					"@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt," + token,
				}
			}, "fail revoked", "",
		},
		"a list of the claims of a token": {
			func(c *college) any { return c.entry("revocation", "94567") },
			func(c *college) {
				b := base64.RawURLEncoding
				list := c.list("revocation", withBits(94567))
				delete(list, "issuer")
				c.answers["/revocation"] = b.EncodeToString([]byte(`{"alg":"ES256"}`)) + "." +
					b.EncodeToString(marshal(t, object{"iss": c.issuer, "jti": c.url("/revocation"), "vc": list})) + "." +
					b.EncodeToString(make([]byte, 64))
			}, "fail revoked", "",
		},
		"an issuer with a name": {
			func(c *college) any { return c.entry("revocation", "94567") },
			func(c *college) {
				c.answers["/revocation"] = c.list("revocation", withBits(94567)).with(object{"issuer": object{"id": c.issuer, "name": "College"}})
			}, "fail revoked", "",
		},
		"StatusList2021 of VC 1.1": {
			func(c *college) any {
				return c.entry("revocation", "94567").with(object{"type": "StatusList2021Entry"})
			},
			func(c *college) {
				l := c.list("revocation", withBits(94567)[1:]).with(object{
					"@context": []string{"https://www.w3.org/2018/credentials/v1", "https://w3id.org/vc/status-list/2021/v1"},
					"type":     []string{"VerifiableCredential", "StatusList2021Credential"}, "issuanceDate": "2024-01-01T00:00:00Z",
				})
				c.answers["/revocation"] = subject(l, object{"type": "StatusList2021"})
			}, "fail revoked", "",
		},
		"many entries": {func(c *college) any {
			var all []object
			for i := range 9 {
				all = append(all, c.entry("revocation", i))
			}
			return all
		}, good, cannotTell, "names 9 status lists"},
		"an entry of another sort": {
			func(*college) any { return object{"type": "CredentialStatusList2017", "id": "x"} },
			good,
			cannotTell,
			"in a way that is not known here",
		},
		"a text": {
			func(*college) any { return "https://college.example" },
			good,
			cannotTell,
			"cannot be read where its status stands",
		},
		"none": {func(*college) any { return []object{} }, good, cannotTell, "names no status list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCollege(t, web)
			tt.serve(c)
			status := any(c.entry("revocation", "1"))
			if tt.status != nil {
				status = tt.status(c)
			}
			check(t, statusOf(t, within(t, web, nil), marshal(t, c.credential(status))), tt.want, tt.says)
		})
	}
}

// A list at another host than the issuer's needs a signature.
func TestListElsewhere(t *testing.T) {
	web := onlinetest.New(t)
	c := newCollege(t, web)
	c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"issuer": "did:web:university.example"})
	doc := c.credential(c.entry("revocation", "1")).with(object{"issuer": "did:web:university.example"})
	check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), cannotTell, "is not the issuer's own host")
	c.answers["/revocation"] = c.list("revocation", withBits(1)).with(object{"issuer": "https://example/"})
	doc["issuer"] = "https://example/" // the list is below it
	check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), "fail revoked", "")
}

// A signature of the issuer's makes a list its own, wherever it lies; one that does not hold
// makes it nobody's, also on the issuer's own host.
func TestSignedList(t *testing.T) {
	web := onlinetest.New(t)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := newCollege(t, web)
	multikey, _ := secured.DIDKey(key.Public().(ed25519.PublicKey))
	method := object{
		"id": c.issuer + "#key-1", "type": "Multikey", "controller": c.issuer, "publicKeyMultibase": strings.TrimPrefix(multikey, "did:key:"),
	}
	c.answers["/.well-known/did.json"] = object{"id": c.issuer, "verificationMethod": []any{method}, "assertionMethod": []any{method["id"]}}
	var served []byte
	elsewhere := web.Serve(t, "platform.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s", served)
	}))
	sign := func(list object, key ed25519.PrivateKey, method string) []byte {
		t.Helper()
		signed, err := secured.SignJCS(marshal(t, list), key, method, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	far := "https://" + elsewhere + "/list"
	entry := c.entry("revocation", "7").with(object{"statusListCredential": far})
	list := c.list("revocation", withBits(7)).with(object{"id": far})
	doc := marshal(t, c.credential(entry))
	good := sign(list, key, c.issuer+"#key-1")
	strangers, strangersMethod := secured.DIDKey(stranger.Public().(ed25519.PublicKey))
	for name, tt := range map[string]struct {
		list       []byte
		want, says string
	}{
		"signed":                     {good, "fail revoked", "revoked by its issuer's own list at platform.example"},
		"unsigned":                   {marshal(t, list), cannotTell, "is not the issuer's own host"},
		"changed":                    {bytes.Replace(good, []byte(`"revocation"`), []byte(`"suspension"`), 1), cannotTell, "does not hold"},
		"by a stranger's key":        {sign(list, stranger, c.issuer+"#key-1"), cannotTell, "does not hold"},
		"by a stranger":              {sign(list, stranger, strangersMethod), cannotTell, "is not the issuer's own host"},
		"by a key that is not there": {sign(list, key, c.issuer+"#key-2"), cannotTell, "is not the issuer's own host"},
		"a stranger's own list": {
			sign(list.with(object{"issuer": strangers}), stranger, strangersMethod), cannotTell, "the list of another issuer",
		},
	} {
		served = tt.list
		got := statusOf(t, within(t, web, nil), doc)
		if check(t, got, tt.want, tt.says); t.Failed() {
			t.Fatal(name)
		}
	}
	near := c.list("revocation", withBits(7))
	c.answers["/revocation"] = string(sign(near, stranger, c.issuer+"#key-1"))
	doc = marshal(t, c.credential(c.entry("revocation", "7")))
	check(t, statusOf(t, within(t, web, nil), doc), cannotTell, "its signature does not hold")
	c.answers["/revocation"] = string(sign(near, key, c.issuer+"#key-1"))
	check(t, statusOf(t, within(t, web, nil), doc), "fail revoked", "its issuer's own list at college.example")
}

// What was answered once is used while the server is down, with its date; a list that says
// how long it may be kept is asked again then.
func TestStatusFromCache(t *testing.T) {
	web := onlinetest.New(t)
	c := newCollege(t, web)
	doc := marshal(t, c.credential(c.entry("revocation", "1")))
	folder, now := filepath.Join(t.TempDir(), "cache"), time.Now()
	status := func() online.Finding {
		return statusOf(t, within(t, web, func(o *online.Options) { o.Cache, o.Now = folder, func() time.Time { return now } }), doc)
	}
	c.answers["/revocation"] = subject(c.list("revocation", withBits()), object{"ttl": 300_000})
	first := now.UTC().Truncate(time.Second)
	check(t, status(), "pass", "as of "+first.Format(time.RFC3339))
	check(t, status(), "pass", "as of "+first.Format(time.RFC3339))
	if c.asked.Load() != 1 {
		t.Errorf("asked %d times", c.asked.Load())
	}
	c.answers["/revocation"] = respond(http.StatusBadGateway, "")
	now = now.Add(10 * time.Minute)
	check(t, status(), "pass", "as of "+first.Format(time.RFC3339)+
		", which is the last answer that came: "+c.host+" cannot answer now (HTTP 502)")
	c.answers["/revocation"] = c.list("revocation", withBits(1))
	check(t, status(), "fail revoked", "as of "+now.UTC().Truncate(time.Second).Format(time.RFC3339))
	c.answers["/revocation"] = respond(http.StatusBadGateway, "")
	now = now.Add(40 * 24 * time.Hour)
	check(t, status(), cannotTell, "nothing is known from there")
}

func TestRevocationList(t *testing.T) {
	web := onlinetest.New(t)
	for name, tt := range map[string]struct {
		list       func(c *college) any
		want, says string
	}{
		"good": {
			func(c *college) any { return object{"issuer": c.issuer, "revokedCredential": []object{}} },
			"pass",
			"not revoked by the list that its issuer's own host",
		},
		"revoked": {func(*college) any {
			return object{"revokedCredential": []object{{"id": "urn:uuid:1", "revocationReason": "a slip"}}}
		}, "fail revoked", `("a slip")`},
		"revoked, as said": {func(*college) any {
			return object{"revokedCredentials": []object{{"id": "urn:uuid:1", "revoked": true}}}
		}, "fail revoked", ""},
		"revoked by others": {func(*college) any { return object{"revokedCredential": []object{{"id": "urn:uuid:2"}}} }, "pass", ""},
		"taken back": {func(*college) any {
			return object{"revokedCredential": []object{{"id": "urn:uuid:1", "revoked": false}}}
		}, "pass", ""},
		"an issuer object": {func(c *college) any {
			return object{"issuer": object{"id": c.issuer}, "revokedCredential": []string{"urn:uuid:1"}}
		}, "fail revoked", ""},
		"of another issuer": {func(*college) any {
			return object{"issuer": "https://other.example", "revokedCredential": []string{"urn:uuid:1"}}
		}, cannotTell, "the list of another issuer"},
		"an entry without id":  {func(*college) any { return object{"revokedCredential": []object{{"revoked": true}}} }, cannotTell, "has no id"},
		"an entry of a number": {func(*college) any { return object{"revokedCredential": []int{1}} }, cannotTell, "cannot be read"},
		"no list":              {func(*college) any { return object{"issuer": "x"} }, cannotTell, "not a revocation list"},
		"HTML":                 {func(*college) any { return "<html>" }, cannotTell, "cannot be read"},
		"down": {
			func(*college) any { return respond(http.StatusInternalServerError, "") },
			cannotTell,
			"nothing is known from there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCollege(t, web)
			c.answers["/revoked"] = tt.list(c)
			doc := c.credential(object{"id": c.url("/revoked"), "type": "1EdTechRevocationList"})
			check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), tt.want, tt.says)
			doc["Issuer"] = "https://other.example" // whom the credential names cannot be told, nor whose word the list is
			check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), cannotTell, "")
			delete(doc, "Issuer")
			delete(doc, "id")
			check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), cannotTell, "the credential has no id")
		})
	}
}

// badge is an assertion of Open Badges 2.0.
func (c *college) badge(how string) object {
	return object{
		"@context": "https://w3id.org/openbadges/v2", "type": "Assertion", "id": c.url("/badge"),
		"recipient": object{"type": "email", "identity": "ada@example.com", "hashed": false}, "issuedOn": "2026-01-01T00:00:00Z",
		"verification": object{"type": how},
		"badge": object{
			"type": "BadgeClass", "id": c.url("/class"), "name": "Welding",
			"issuer": object{"type": "Profile", "id": c.url("/issuer"), "name": "College"},
		},
	}
}

func TestHostedBadge(t *testing.T) {
	web := onlinetest.New(t)
	for name, tt := range map[string]struct {
		answer     func(c *college) any
		want, says string
	}{
		"good": {func(c *college) any { return c.badge("HostedBadge") }, "pass", "not revoked by its own address at college.example"},
		"revoked": {func(c *college) any {
			return object{"id": c.url("/badge"), "revoked": true, "revocationReason": "a slip"}
		}, "fail revoked", `("a slip")`},
		"revoked, no id": {func(*college) any { return object{"revoked": true} }, "fail revoked", ""},
		"gone":           {func(*college) any { return respond(410, `{"revoked":true}`) }, "fail revoked", "revoked by its own address"},
		"gone, HTML":     {func(*college) any { return respond(410, "<html>") }, "fail revoked", ""},
		"not there":      {func(*college) any { return respond(404, "") }, cannotTell, "HTTP 404; nothing is known"},
		"down":           {func(*college) any { return respond(500, "") }, cannotTell, "nothing is known"},
		"another": {
			func(c *college) any { return c.badge("HostedBadge").with(object{"id": c.url("/other")}) },
			cannotTell,
			"another badge",
		},
		"another, revoked": {func(c *college) any { return object{"id": c.url("/other"), "revoked": true} }, cannotTell, "another badge"},
		"HTML":             {func(*college) any { return "<html>" }, cannotTell, "not a badge"},
		"an empty object":  {func(*college) any { return object{} }, cannotTell, "another badge"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCollege(t, web)
			c.answers["/badge"] = tt.answer(c)
			check(t, statusOf(t, within(t, web, nil), marshal(t, c.badge("HostedBadge"))), tt.want, tt.says)
			// Whose word it is cannot be told where the badge names its issuer by a link.
			linked := c.badge("hosted").with(object{"badge": c.url("/class")})
			if got := statusOf(t, within(t, web, nil), marshal(t, linked)); got.Result != "unknown" {
				t.Errorf("with a link to the class: %+v", got)
			}
			// Nor where another host than the issuer's has it.
			elsewhere := c.badge("hosted")
			elsewhere["badge"].(object)["issuer"] = object{"type": "Profile", "id": "https://other.example/issuer", "name": "Other"}
			if got := statusOf(t, within(t, web, nil), marshal(t, elsewhere)); got.Result != "unknown" {
				t.Errorf("elsewhere: %+v", got)
			}
		})
	}
}

// A frozen badge still knows the address at which its issuer says whether it was revoked since.
func TestFrozenBadge(t *testing.T) {
	web := onlinetest.New(t)
	c := newCollege(t, web)
	assertion := c.badge("HostedBadge")
	class := assertion["badge"].(object)
	profile := class["issuer"]
	assertion["badge"], class["issuer"] = c.url("/class"), c.url("/issuer")
	part := func(role hosted.Role, path string, body any) hosted.Part {
		return hosted.Part{Role: role, URL: c.url(path), Fetched: time.Unix(1767312000, 0).UTC(), Status: 200, Body: marshal(t, body)}
	}
	b := hosted.New(part(hosted.RoleAssertion, "/badge", assertion))
	b.Add(part(hosted.RoleBadge, "/class", class))
	b.Add(part(hosted.RoleIssuer, "/issuer", profile))
	doc, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c.answers["/badge"] = assertion
	check(t, statusOf(t, within(t, web, nil), doc), "pass", "not revoked by its own address at college.example")
	c.answers["/badge"] = respond(410, "")
	check(t, statusOf(t, within(t, web, nil), doc), "fail revoked", "revoked by its own address")
	b.Parts = b.Parts[:2] // whose word it is cannot be told
	if doc, err = b.Encode(); err != nil {
		t.Fatal(err)
	}
	if got := statusOf(t, within(t, web, nil), doc); got.Result != "unknown" {
		t.Errorf("without the profile: %+v", got)
	}
}

func TestSignedBadge(t *testing.T) {
	web := onlinetest.New(t)
	c := newCollege(t, web)
	c.answers["/issuer"] = object{"id": c.url("/issuer"), "type": "Profile", "revocationList": c.url("/revoked")}
	c.answers["/revoked"] = object{"id": c.url("/revoked"), "type": "RevocationList", "issuer": c.url("/issuer"), "revokedAssertions": []any{
		c.url("/other"), object{"id": "urn:uuid:9", "revocationReason": "a slip"},
	}}
	doc := c.badge("SignedBadge")
	check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), "pass", "not revoked by the list")
	doc["id"] = "urn:uuid:9"
	check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), "fail revoked", "a slip")
	c.answers["/issuer"] = object{"id": c.url("/other"), "revocationList": c.url("/revoked")}
	check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), cannotTell, "not the issuer's profile")
	c.answers["/issuer"] = object{"id": c.url("/issuer")}
	check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), cannotTell, "names no revocation list")
	doc["badge"].(object)["issuer"].(object)["revocationList"] = c.url("/revoked")
	check(t, statusOf(t, within(t, web, nil), marshal(t, doc)), "fail revoked", "")
}

// Files of other sorts name no list.
func TestStatusOfOthers(t *testing.T) {
	f := online.New(online.Options{})
	for _, doc := range []string{
		"", "%PDF-1.7", "null", "[]", "{}", `{"credentialStatus":null}`, `{"a":1,"a":2}`, "\x89PNG\r\n\x1a\n", "a.b.c",
	} {
		if got := statusOf(t, f, []byte(doc)); got.Result != "unknown" || got.Reason != verifier.ReasonElsewhereUnknown {
			t.Errorf("%q: %+v", doc, got)
		}
	}
}
