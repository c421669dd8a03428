package online

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/hosted"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/verifier"
)

// Finding is what an issuer says of a credential elsewhere than in its Hallmark list. Fail is
// said only by the issuer's own word: a list whose signature is the issuer's, or that the
// issuer's own host served.
type Finding struct {
	Result verifier.Result
	Reason verifier.Reason // empty for a pass
	Detail string          // a sentence
}

const (
	acceptCredential = "application/vc, application/vc+jwt, application/ld+json, application/json;q=0.9, */*;q=0.1"
	acceptJSON       = "application/ld+json, application/json;q=0.9, */*;q=0.1"
)

// maxStatusEntries bounds the lists that one credential may name.
const maxStatusEntries = 8

// asked is a credential whose status is looked for.
type asked struct {
	id      string   // its identifier; may be empty
	issuers []string // identifiers, as it names them
}

// claims is what is read of a credential, JSON or the payload of a token.
type claims struct {
	ID     string         `json:"id"`
	Status jsontext.Value `json:"credentialStatus"`
	Token  jsontext.Value `json:"status"` // of an SD-JWT VC
	Claim  jsontext.Value `json:"vc"`     // of a token
	JTI    string         `json:"jti"`

	Verification jsontext.Value `json:"verification"` // of Open Badges 2.0
	Verify       jsontext.Value `json:"verify"`       // of 1.x
	UID          string         `json:"uid"`
	Badge        jsontext.Value `json:"badge"`
}

// Status asks where the credential says that its status stands: a Bitstring Status List (or
// its draft StatusList2021), a 1EdTech Revocation List, the address of a hosted Open Badge 2.0
// or the revocation list of its issuer. doc is the file as it was given, and says what it
// says of itself. That something cannot be reached or read is Unknown.
func (f *Fetcher) Status(ctx context.Context, doc []byte, says credential.Description) Finding {
	if len(doc) > credential.MaxJSON {
		return unknown("the file is too long to look for a status list in it")
	}
	object, err := credential.Claims(opened(doc, says.Frozen != nil))
	if object == nil || err != nil {
		return unknown("the file names no status list elsewhere")
	}
	var c claims
	if json.Unmarshal(object, &c) != nil {
		return unknown("it cannot be read where its status stands")
	}
	if c.Claim.Kind() == jsontext.KindBeginObject {
		if json.Unmarshal(c.Claim, &c) != nil {
			return unknown("it cannot be read where its status stands")
		}
	}
	is := asked{id: cmp.Or(c.ID, c.JTI), issuers: says.IssuerIDs}
	if says.Problem != "" {
		is.issuers = nil // it cannot be told whose word would count
	}
	entries := values(c.Status)
	switch {
	case len(entries) > maxStatusEntries:
		return unknown("it names %d status lists, and at most %d are asked", len(entries), maxStatusEntries)
	case len(entries) > 0:
	case c.Status != nil && c.Status.Kind() != jsontext.KindNull && c.Status.Kind() != jsontext.KindBeginArray:
		return unknown("it cannot be read where its status stands")
	case c.Token != nil && c.Token.Kind() == jsontext.KindBeginObject:
		return unknown("it states its status in a way that is not known here (a token status list)")
	case c.Verification != nil || c.Verify != nil:
		return f.openBadge2(ctx, &c, is)
	default:
		return unknown("the credential names no status list elsewhere")
	}
	var all []Finding
	for _, entry := range entries {
		all = append(all, f.entry(ctx, entry, is))
	}
	return together(all)
}

// opened returns the token that an EnvelopedVerifiableCredential envelops, the assertion of a
// frozen badge, and other documents as they are.
func opened(doc []byte, frozen bool) []byte {
	if frozen {
		if b, err := hosted.Parse(doc); err == nil {
			if j, err := b.Join(); err == nil && j.Assertion != nil {
				return j.Assertion
			}
		}
		return nil
	}
	var m struct {
		ID   string    `json:"id"`
		Type oneOrMore `json:"type"`
	}
	object, err := credential.Content(doc)
	if err == nil && json.Unmarshal(object, &m) == nil && m.Type.has("EnvelopedVerifiableCredential") {
		if token := credential.EnvelopedToken(m.ID); token != "" {
			return []byte(token)
		}
	}
	return doc
}

// values returns the objects of a member that is one, or an array of them; others are left
// out only if there are none.
func values(v jsontext.Value) []jsontext.Value {
	switch v.Kind() {
	case jsontext.KindBeginObject:
		return []jsontext.Value{v}
	case jsontext.KindBeginArray:
		var list []jsontext.Value
		if json.Unmarshal(v, &list) == nil {
			return list
		}
	}
	return nil
}

// together is the worst of what lists say, with what else is not known.
func together(all []Finding) Finding {
	rank := map[verifier.Result]int{verifier.Fail: 0, verifier.Unknown: 1, verifier.Pass: 2}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Result], rank[b.Result]), cmp.Compare(a.Reason, b.Reason)) // revoked before suspended
	})
	var details []string
	for _, f := range all {
		if !slices.Contains(details, f.Detail) {
			details = append(details, f.Detail)
		}
	}
	worst := all[0]
	worst.Detail = strings.Join(details, "; ")
	return worst
}

func unknown(format string, args ...any) Finding {
	return Finding{verifier.Unknown, verifier.ReasonElsewhereUnknown, fmt.Sprintf(format, args...)}
}

// entry asks the list that one entry of credentialStatus names.
func (f *Fetcher) entry(ctx context.Context, entry jsontext.Value, is asked) Finding {
	var m struct {
		ID   string    `json:"id"`
		Type oneOrMore `json:"type"`
	}
	if json.Unmarshal(entry, &m) != nil {
		return unknown("an entry of credentialStatus cannot be read")
	}
	switch {
	case m.Type.has("BitstringStatusListEntry"), m.Type.has("StatusList2021Entry"):
		e, err := readBitstringEntry(entry)
		if err != nil {
			return unknown("an entry of credentialStatus cannot be used: %v", err)
		}
		return f.bitstring(ctx, e, is)
	case m.Type.has("1EdTechRevocationList"):
		return f.revocationList(ctx, m.ID, is, "id")
	}
	return unknown("it states its status in a way that is not known here (%s)", credential.Quoted(excerpt(strings.Join(m.Type, ", "))))
}

func excerpt(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// bitstring asks a Bitstring Status List.
func (f *Fetcher) bitstring(ctx context.Context, e *bitstringEntry, is asked) Finding {
	switch e.Purpose {
	case purposeRevocation, purposeSuspension, purposeMessage, purposeRefresh:
	default:
		return unknown("it names a status list whose purpose is not known here (%s)", credential.Quoted(excerpt(e.Purpose)))
	}
	a, err := f.Get(ctx, e.List, acceptCredential)
	if err != nil {
		return nothing(err)
	}
	list, err := f.bitstringOf(a, e.List)
	if err == nil && list.ttl > 0 && f.opts.Now().Sub(a.At) > list.ttl && a.Fault == nil {
		if a, err = f.Again(ctx, e.List, acceptCredential); err != nil {
			return nothing(err)
		}
		list, err = f.bitstringOf(a, e.List)
	}
	if err != nil {
		return useless(a, err)
	}
	by, err := decode(f, a, "own "+strings.Join(is.issuers, " ")+" "+e.List, func() (string, error) {
		return f.own(ctx, a, e.List, is.issuers)
	})
	if err != nil {
		return useless(a, err)
	}
	if list.id != "" && list.id != e.List {
		return useless(a, errors.New("it is the list of another address"))
	}
	if !slices.Contains(list.purposes, e.Purpose) {
		return useless(a, fmt.Errorf("it is not one for %s", e.Purpose))
	}
	value, err := list.value(e)
	if err != nil {
		return useless(a, err)
	}
	where := fmt.Sprintf("%s %s", by, asOf(a))
	switch {
	case e.Purpose == purposeMessage || e.Purpose == purposeRefresh:
		if text := e.texts[value]; text != "" {
			return Finding{verifier.Pass, "", fmt.Sprintf("its issuer says %s, by %s", credential.Quoted(excerpt(text)), where)}
		}
		if e.Purpose == purposeRefresh && value != 0 {
			return Finding{verifier.Pass, "", fmt.Sprintf("a newer credential is to be had from its issuer, by %s", where)}
		}
		return Finding{verifier.Pass, "", fmt.Sprintf("its issuer has no message on it, by %s", where)}
	case value == 0:
		return Finding{verifier.Pass, "", fmt.Sprintf("not %s by %s", map[string]string{
			purposeRevocation: "revoked", purposeSuspension: "suspended",
		}[e.Purpose], where)}
	case e.Purpose == purposeSuspension:
		return Finding{verifier.Fail, verifier.ReasonSuspended, fmt.Sprintf("suspended by %s", where)}
	}
	return Finding{verifier.Fail, verifier.ReasonRevoked, fmt.Sprintf("revoked by %s", where)}
}

// bitstringOf returns the list that an answer holds.
func (f *Fetcher) bitstringOf(a *Answer, address string) (*bitstringList, error) {
	if a.Status != 200 {
		return nil, errors.New("the list is not there any more (HTTP 410)")
	}
	return decode(f, a, "bitstring "+address, func() (*bitstringList, error) {
		object, err := credential.Claims(opened(a.Body, false))
		if err != nil || object == nil {
			return nil, errors.New("it is not a status list")
		}
		return readBitstringList(object)
	})
}

// maxDecoded bounds what is held of what was made of answers.
const maxDecoded = 32

// decoded is what was made of an answer.
type decoded struct {
	of    *Answer
	value any
	err   error
}

// decode remembers what is made of an answer under a name: many credentials ask one list, and
// to decode it takes longer than all else here.
func decode[T any](f *Fetcher, a *Answer, name string, read func() (T, error)) (T, error) {
	f.mu.Lock()
	known, ok := f.decoded[name]
	f.mu.Unlock()
	if ok && known.of == a {
		return known.value.(T), known.err
	}
	value, err := read()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.decoded) >= maxDecoded {
		clear(f.decoded)
	}
	f.decoded[name] = decoded{a, value, err}
	return value, err
}

// own says in words whose list an answer is if it is the issuer's, and else why not. Its own
// dates must hold, too.
func (f *Fetcher) own(ctx context.Context, a *Answer, address string, issuers []string) (string, error) {
	d := credential.Describe(a.Body)
	if d.Problem != "" || len(d.IssuerIDs) != 1 {
		return "", errors.New("it cannot be told whose list it is")
	}
	if len(issuers) != 1 || d.IssuerIDs[0] != issuers[0] {
		return "", errors.New("it is the list of another issuer than the credential's")
	}
	now := f.opts.Now()
	switch {
	case d.ValidFrom.Err != "" || d.ValidUntil.Err != "":
		return "", errors.New("its dates cannot be read")
	case d.ValidFrom.Present && d.ValidFrom.Time.After(now.Add(clockSkew)):
		return "", fmt.Errorf("it is valid only from %s on", d.ValidFrom.Time.Format(time.DateOnly))
	case d.ValidUntil.Present && d.ValidUntil.Latest().Before(now):
		return "", fmt.Errorf("it was valid until %s", d.ValidUntil.Time.Format(time.DateOnly))
	}
	signed := secured.Check(ctx, a.Body, issuers, f.Key, now)
	switch {
	case signed.Outcome == secured.Pass:
		return "its issuer's own list at " + hostOf(address), nil
	case signed.Outcome == secured.Fail:
		return "", errors.New("its signature does not hold")
	case !servedBy(address, issuers[0]):
		return "", fmt.Errorf("nothing shows that it is the issuer's: %s, and %s is not the issuer's own host", signed.Detail, hostOf(address))
	}
	return "the list that its issuer's own host " + hostOf(address) + " serves", nil
}

// clockSkew is how far the clocks of servers may be ahead.
const clockSkew = 15 * time.Minute

// revocationList asks a list of revoked credentials. what is "id" for the 1EdTech Revocation
// List Status Method, whose lists are signed by nobody.
func (f *Fetcher) revocationList(ctx context.Context, address string, is asked, what string) Finding {
	if address == "" {
		return unknown("its issuer's revocation list has no address")
	}
	if is.id == "" {
		return unknown("the credential has no %s, by which its issuer's revocation list could name it", what)
	}
	a, err := f.Get(ctx, address, acceptJSON)
	if err != nil {
		return nothing(err)
	}
	if a.Status != 200 {
		return useless(a, errors.New("the list is not there any more (HTTP 410)"))
	}
	list, err := decode(f, a, "revocations "+address, func() (*hosted.Revocations, error) {
		return hosted.ReadRevocations(bytes.TrimSpace(a.Body))
	})
	if err != nil {
		return useless(a, err)
	}
	switch {
	case len(is.issuers) != 1:
		return useless(a, errors.New("it cannot be told whose list it should be"))
	case list.Issuer != "" && list.Issuer != is.issuers[0]:
		return useless(a, errors.New("it is the list of another issuer than the credential's"))
	case !servedBy(address, is.issuers[0]):
		return useless(a, fmt.Errorf("nothing shows that it is the issuer's: it is not signed, and %s is not the issuer's own host",
			hostOf(address)))
	}
	where := fmt.Sprintf("the list that its issuer's own host %s serves %s", hostOf(address), asOf(a))
	if why, revoked := list.Why[is.id]; revoked {
		return Finding{verifier.Fail, verifier.ReasonRevoked, fmt.Sprintf("revoked by %s%s", where, because(why))}
	}
	return Finding{verifier.Pass, "", fmt.Sprintf("not revoked by %s", where)}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", credential.Quoted(excerpt(why)))
}

// asOf says of when an answer is, and why it is no newer.
func asOf(a *Answer) string {
	when := "as of " + a.At.Format(time.RFC3339)
	if a.Fault != nil {
		when += fmt.Sprintf(", which is the last answer that came: %v", a.Fault)
	}
	return when
}

// nothing is a fault of the network: it says nothing of the credential.
func nothing(err error) Finding { return unknown("%v; nothing is known from there", err) }

// useless is an answer that does not help.
func useless(a *Answer, err error) Finding {
	return unknown("the answer of %s is of no use: %v", hostOf(a.URL), err)
}

// hostOf returns host and port of a URL, for people.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an address that cannot be read"
	}
	return u.Host
}
