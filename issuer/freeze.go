package issuer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/hosted"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier/online"
)

// Frozen is a hosted badge as it was fetched.
type Frozen struct {
	Data    []byte // of the bundle: a document as any other
	Bundle  *hosted.Bundle
	Revoked string   // how it says that the badge was revoked; empty if nothing says so
	Missing []string // what could not be had, in words
	Remarks []string // what else is to be known, in words
}

// Freezable is what a file tells of the badge that it is or carries: the address of a hosted
// one, or the token of a signed one.
type Freezable struct {
	Address string
	Token   []byte
}

// ReadFreezable reads an assertion of Open Badges 1.x or 2.0, a picture that carries one or the
// link to one, or a text that is no more than such a link. The error says why a file is none of
// these.
func ReadFreezable(file []byte) (*Freezable, error) {
	d := credential.Describe(file)
	if text := bytes.TrimSpace(file); len(text) <= hosted.MaxURL && bytes.HasPrefix(text, []byte("https://")) &&
		!bytes.ContainsAny(text, " \n") {
		address, err := BadgeAddress(string(text))
		return &Freezable{Address: address}, err
	}
	switch {
	case d.Frozen != nil:
		return nil, fault.Input("it is a frozen badge already")
	case d.Kind == credential.KindOBLink:
		baked, err := credential.Unbake(file)
		if err != nil {
			return nil, fault.Input("%w", err)
		}
		address, err := BadgeAddress(string(baked.Text))
		return &Freezable{Address: address}, err
	case d.Kind == credential.KindOB1, d.Kind == credential.KindOB2:
		return readFreezable(file)
	case holdsAll(d.Kind):
		return nil, fault.Input("it is: %s, which holds what it says itself: submit it as it is", d.Title())
	case d.Kind == credential.KindOB2Class, d.Kind == credential.KindOB2Other, d.Kind == credential.KindOBIssuer:
		return nil, fault.Input("it is: %s, not somebody's badge: give the assertion, which leads to it", d.Title())
	}
	sort := d.Title()
	if d.Kind == credential.KindFile {
		sort = "another kind of file"
	}
	return nil, fault.Input("only an Open Badge 1.1 or 2.0 is frozen: the JSON of its assertion, a picture that carries it, "+
		"or the link to it; this is: %s", sort)
}

// holdsAll reports whether a document of a kind is no line of links.
func holdsAll(kind credential.Kind) bool {
	switch kind {
	case credential.KindOB3, credential.KindCLR, credential.KindVC, credential.KindVC1, credential.KindVC2, credential.KindEuropass,
		credential.KindEndorsement, credential.KindEnvelopedVC, credential.KindBlockcerts2, credential.KindBlockcerts3:
		return true
	}
	return false
}

// readFreezable reads an assertion.
func readFreezable(file []byte) (*Freezable, error) {
	text, err := credential.Content(file)
	if err != nil {
		return nil, fault.Input("%w", err)
	}
	if !bytes.HasPrefix(text, []byte("{")) {
		return &Freezable{Token: text}, nil
	}
	b := hosted.New(hosted.Part{Role: hosted.RoleAssertion, URL: "https://unknown.invalid/", Body: text})
	switch {
	case b.Badge == "https://unknown.invalid/":
		return nil, fault.Input("the assertion does not say at which address it is hosted")
	case !strings.HasPrefix(b.Badge, "https://"):
		return nil, fault.Remedy(fault.Input("the assertion calls itself %.100q, which is no address of https://", b.Badge),
			"if it is a signed badge, give the signed token")
	}
	return &Freezable{Address: b.Badge}, nil
}

// OnlyLinks reports whether a file is, or carries, an Open Badge that says only behind links what
// it is for or who issued it.
func OnlyLinks(file []byte) bool {
	d := credential.Describe(file)
	return d.OnlyLinks()
}

// freezer asks for the parts of one badge.
type freezer struct {
	web    *online.Fetcher
	frozen *Frozen
	bytes  int // of all bodies
}

const (
	acceptBadge   = "application/ld+json, application/json;q=0.9, */*;q=0.1"
	acceptPicture = "image/png, image/svg+xml, image/*;q=0.9"

	// mostBytes leaves room for base64 and for all that is not a body.
	mostBytes = hosted.MaxSize/4*3 - 256<<10
)

// Freeze fetches a hosted badge, or what a signed one leads to, and makes one document of it. Only
// addresses that the badge itself leads to are asked, each once. What the platform does not have
// any more is told of in [Frozen.Missing]; an error is that the badge itself cannot be had, that a
// server cannot be reached, or that the parts do not belong together.
func Freeze(ctx context.Context, web *online.Fetcher, from *Freezable) (*Frozen, error) {
	f := &freezer{web: web, frozen: new(Frozen)}
	first := hosted.Part{Role: hosted.RoleAssertion, Fetched: time.Now().UTC().Truncate(time.Second), Body: from.Token}
	if from.Token == nil {
		var err error
		if first, err = f.ask(ctx, hosted.Link{Role: hosted.RoleAssertion, URL: from.Address}); err != nil {
			return nil, err
		}
	}
	b := hosted.New(first)
	f.frozen.Bundle, f.bytes = b, len(first.Body)
	var asked []hosted.Link
	for {
		j, err := b.Join()
		if err != nil {
			return nil, fmt.Errorf("the badge is not frozen: %w", err)
		}
		at := slices.IndexFunc(j.Links, func(l hosted.Link) bool { return !slices.Contains(asked, l) })
		if at < 0 {
			return f.finish(j)
		}
		asked = append(asked, j.Links[at])
		if err := f.add(ctx, j.Links[at]); err != nil {
			return nil, err
		}
	}
}

// add asks for what the badge links to. A picture that cannot be had is a remark.
func (f *freezer) add(ctx context.Context, link hosted.Link) error {
	b := f.frozen.Bundle
	var err error
	var p hosted.Part
	switch {
	case slices.ContainsFunc(b.Parts, func(p hosted.Part) bool { return p.URL == link.URL }):
		err = fmt.Errorf("%s: the badge links to %.100q as something else, too", link.Role.Words(), link.URL)
	case len(b.Parts) == hosted.MaxParts:
		err = fmt.Errorf("%s: it leads to more than %d things", link.Role.Words(), hosted.MaxParts)
	default:
		p, err = f.ask(ctx, link)
	}
	if err == nil && f.bytes+len(p.Body) > mostBytes {
		err = fmt.Errorf("%s: all together would be longer than %d MiB", link.Role.Words(), hosted.MaxSize>>20)
	}
	if err != nil && link.Role == hosted.RoleImage && ctx.Err() == nil {
		f.frozen.Remarks = append(f.frozen.Remarks, "left out: "+err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	f.bytes += len(p.Body)
	b.Add(p)
	return nil
}

// ask fetches a part.
func (f *freezer) ask(ctx context.Context, link hosted.Link) (hosted.Part, error) {
	what := link.Role.Words()
	p, err := f.get(ctx, link.Role, link.URL)
	if err != nil {
		return p, fmt.Errorf("%s: %w", what, err)
	}
	if p.Status != 200 || link.Role == hosted.RoleImage || link.Role == hosted.RoleRevocationList {
		return p, nil
	}
	// A platform may have moved, or have several addresses for one thing: then the answer is asked
	// for where it says that it is, on the same host, where it must say so again.
	named := hosted.New(hosted.Part{URL: p.URL, Body: p.Body}).Badge
	at := p.URL
	if p.FinalURL != "" {
		at = p.FinalURL
	}
	if named == p.URL || named == at || hostOf(named) == "" || hostOf(named) != hostOf(at) {
		return p, nil // if it does not fit, Join says so
	}
	again, err := f.get(ctx, link.Role, named)
	if err != nil {
		return p, fmt.Errorf("%s: %w", what, err)
	}
	if again.FinalURL == "" {
		again.FinalURL = again.URL
	}
	again.URL = p.URL
	return again, nil
}

// hostOf returns the host of an address of https; empty if it is none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// get makes one request.
func (f *freezer) get(ctx context.Context, role hosted.Role, address string) (hosted.Part, error) {
	p := hosted.Part{Role: role, URL: address, Fetched: time.Now().UTC().Truncate(time.Second)}
	accept, most := acceptBadge, hosted.MaxJSON
	if role == hosted.RoleImage {
		accept, most = acceptPicture, hosted.MaxPicture
	}
	answer, err := f.web.Get(ctx, address, accept)
	if status := online.StatusOf(err); status >= 400 && status < 500 {
		if role == hosted.RoleAssertion && (status == 401 || status == 403) {
			return p, fmt.Errorf("%w: the badge is not public", err)
		}
		if role == hosted.RoleAssertion {
			return p, fmt.Errorf("%w: there is no badge at this address", err)
		}
		p.Status = status
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Fetched, p.Status, p.Body = answer.At, answer.Status, bytes.Clone(answer.Body)
	if without, _, _ := strings.Cut(address, "#"); answer.URL != without {
		p.FinalURL = answer.URL
	}
	if kind, _, err := mime.ParseMediaType(answer.Type); err == nil && len(kind) <= 127 {
		p.MediaType = kind
	}
	host, text := hostOf(answer.URL), bytes.TrimSpace(p.Body)
	switch {
	case p.Status == 410 && (role != hosted.RoleAssertion || len(text) == 0 || text[0] != '{' || len(p.Body) > most):
		p.Body = nil // the status says it
	case p.Status == 410:
	case len(text) == 0:
		return p, fmt.Errorf("%s gave an empty answer", host)
	case len(p.Body) > most:
		return p, fmt.Errorf("%s gave an answer of more than %d MiB", host, most>>20)
	case role == hosted.RoleImage:
		if !isPicture(p.Body) {
			return p, fmt.Errorf("%s answered with something else than a picture", host)
		}
	case text[0] == '<':
		return p, fault.Remedy(fmt.Errorf("%s answered with a web page, not with the JSON of a badge", host),
			"give the address of the badge's JSON, or download the badge and give its file")
	case text[0] != '{':
		return p, fmt.Errorf("%s answered with something else than the JSON of a badge", host)
	case role == hosted.RoleAssertion && holdsAll(credential.Describe(p.Body).Kind):
		return p, fault.Remedy(
			fmt.Errorf("%s answered with a badge that holds what it says itself", host),
			"save that answer and submit it as it is",
		)
	}
	return p, nil
}

// isPicture reports whether bytes begin like a picture of the web.
func isPicture(b []byte) bool {
	for _, magic := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	if len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" {
		return true
	}
	return bytes.Contains(b[:min(len(b), 4096)], []byte("<svg"))
}

// finish writes the bundle, and reads it back as everybody will.
func (f *freezer) finish(j *hosted.Joined) (*Frozen, error) {
	data, err := f.frozen.Bundle.Encode()
	if err != nil {
		return nil, fmt.Errorf("the badge is not frozen: %w", err)
	}
	d := credential.Describe(data)
	if d.Frozen == nil {
		return nil, errors.New("the badge is not frozen: " + d.Problem)
	}
	if _, err := credential.Sum(bytes.NewReader(data), credential.FormAuto, ""); err != nil {
		return nil, fmt.Errorf("the badge is not frozen: %w", err)
	}
	if d.Problem != "" && j.Assertion != nil {
		f.frozen.Remarks = append(f.frozen.Remarks, "who issued it cannot be told: "+d.Problem)
	}
	f.frozen.Data, f.frozen.Revoked, f.frozen.Missing = data, j.Revoked, j.Missing
	return f.frozen, nil
}
