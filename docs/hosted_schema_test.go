package docs_test

import (
	"testing"
	"time"

	"github.com/hallmark-node/hallmark/credential/hosted"
)

func TestHostedSchema(t *testing.T) {
	at := time.Unix(1767312000, 0).UTC()
	b := hosted.New(hosted.Part{
		Role: hosted.RoleAssertion, URL: "https://badges.example/a", FinalURL: "https://badges.example/a/1", Fetched: at, Status: 200,
		MediaType: "application/ld+json", Body: []byte(`{"id": "https://badges.example/a"}`),
	})
	b.Add(hosted.Part{Role: hosted.RoleBadge, URL: "https://badges.example/b?v=2#x", Fetched: at, Status: 200, Body: []byte("{}")})
	b.Add(hosted.Part{Role: hosted.RoleIssuer, URL: "https://badges.example/i", Fetched: at, Status: 404})
	good, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	testSchema(t, "hosted.schema.json", good, func(data []byte) error {
		_, err := hosted.Parse(data)
		return err
	}, []schemaCase{
		{"no redirect", change{"parts.0.finalUrl", nil}},
		{"no media type", change{"parts.0.mediaType", nil}},
		{"gone", change{"parts.0.status", 410}},
		{"another status", change{"parts.2.status", 451}},
		{"a proof", change{"proof", []any{document{"type": "x", "y": 1}}}},
		{"any identifier", change{"badge", "urn:uuid:1"}},
		{"a picture", change{"parts.1.role", "image"}},
		{"a port", change{"parts.1.url", "https://badges.example:8443"}},
		{"one byte", change{"parts.1.body", "AA=="}},
	}, []schemaCase{
		{"no version", change{"hallmarkHosted", nil}},
		{"another version", change{"hallmarkHosted", 2}},
		{"an unknown member", change{"more", 1}},
		{"no time", change{"frozen", nil}},
		{"a time of another zone", change{"frozen", "2026-01-02T00:00:00+00:00"}},
		{"no badge", change{"badge", nil}},
		{"an empty badge", change{"badge", ""}},
		{"no parts", change{"parts", []any{}}},
		{"too many parts", change{"parts", repeat(17, document{"role": "image"})}},
		{"another role", change{"parts.1.role", "endorsement"}},
		{"an assertion behind", change{"parts.1.role", "assertion"}},
		{"a class in front", change{"parts.0.role", "badge"}},
		{"http", change{"parts.1.url", "http://badges.example/b"}},
		{"no host", change{"parts.1.url", "https:///b"}},
		{"a user", change{"parts.1.url", "https://u@badges.example/b"}},
		{"a space", change{"parts.1.url", "https://badges.example/b c"}},
		{"no address", change{"parts.1.url", nil}},
		{"an assertion without an address, with a status", change{"parts.0.url", nil}},
		{"no status", change{"parts.1.status", nil}},
		{"a status in between", change{"parts.1.status", 302}},
		{"a status of a fault", change{"parts.2.status", 500}},
		{"an assertion that was not found", change{"parts.0.status", 404}},
		{"an answer without a body", change{"parts.1.body", nil}},
		{"a body of what is not there", change{"parts.2.body", "e30="}},
		{"an empty body", change{"parts.1.body", ""}},
		{"a body without padding", change{"parts.1.body", "e30"}},
		{"a body with loose bits", change{"parts.1.body", "e31="}},
		{"a body of two lines", change{"parts.1.body", "e30\n="}},
		{"a media type with parameters", change{"parts.0.mediaType", "text/html; charset=utf-8"}},
		{"a time that is none", change{"parts.0.fetched", "now"}},
		{"an unknown member of a part", change{"parts.1.id", "x"}},
	})
}
