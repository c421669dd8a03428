package online

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

// openBadge2 asks for the status of an assertion of Open Badges 2.0 or 1.x: a hosted one is
// revoked where its own address says so, a signed one where the list of its issuer does.
func (f *Fetcher) openBadge2(ctx context.Context, c *claims, is asked) Finding {
	var v struct {
		Type oneOrMore `json:"type"`
		URL  string    `json:"url"` // 1.x
	}
	how := c.Verification
	if how == nil {
		how = c.Verify
	}
	if json.Unmarshal(how, &v) != nil {
		return unknown("it cannot be read how the badge is to be verified")
	}
	switch {
	case v.Type.has("HostedBadge"), v.Type.has("hosted"):
		address := is.id
		if !strings.HasPrefix(address, "https://") {
			address = v.URL
		}
		return f.hosted(ctx, address, is)
	case v.Type.has("SignedBadge"), v.Type.has("signed"):
		address, err := f.listOfIssuer(ctx, c, is)
		if err != nil {
			return nothing(err)
		}
		if address == "" {
			return unknown("the issuer's profile names no revocation list")
		}
		if is.id == "" {
			is.id = c.UID
		}
		return f.revocationList(ctx, address, is, "id")
	}
	return unknown("how the badge is to be verified is not known here (%s)", credential.Quoted(excerpt(strings.Join(v.Type, ", "))))
}

// hosted asks the address of a hosted badge.
func (f *Fetcher) hosted(ctx context.Context, address string, is asked) Finding {
	if address == "" {
		return unknown("the badge is a hosted one and has no address")
	}
	a, err := f.Get(ctx, address, acceptJSON)
	if err != nil {
		return nothing(err)
	}
	revoked, why, err := readHosted(a, address)
	if err != nil {
		return useless(a, err)
	}
	what := "not revoked"
	if revoked {
		what = "revoked"
	}
	what += fmt.Sprintf(" by its own address at %s %s%s", hostOf(address), asOf(a), because(why))
	switch {
	case len(is.issuers) != 1:
		return unknown("%s; whether that is its issuer's word cannot be told, since it does not name its issuer itself", what)
	case !servedBy(address, is.issuers[0]):
		return unknown("%s; whether that is its issuer's word cannot be told: %s is not the issuer's own host", what, hostOf(address))
	case revoked:
		return Finding{verifier.Fail, verifier.ReasonRevoked, what}
	}
	return Finding{verifier.Pass, "", what}
}

// readHosted reads what the address of a hosted badge answers.
func readHosted(a *Answer, address string) (revoked bool, why string, err error) {
	var m struct {
		ID      string    `json:"id"`
		Type    oneOrMore `json:"type"`
		Revoked *bool     `json:"revoked"`
		Reason  string    `json:"revocationReason"`
		Badge   any       `json:"badge"`
	}
	object, err := credential.Claims(a.Body)
	if err == nil && object != nil {
		err = json.Unmarshal(object, &m)
	}
	switch {
	case a.Status != 200: // gone: the body is not needed
		return true, m.Reason, nil
	case err != nil || object == nil:
		return false, "", errors.New("it is not a badge")
	case m.ID != address && (m.ID != "" || m.Revoked == nil || !*m.Revoked):
		return false, "", errors.New("it is another badge than the one of this address")
	case m.Revoked != nil && *m.Revoked:
		return true, m.Reason, nil
	case !m.Type.has("Assertion") && m.Badge == nil:
		return false, "", errors.New("it is not a badge")
	}
	return false, "", nil
}

// listOfIssuer returns the address of the revocation list that the badge's issuer names: in
// the profile that the badge holds, or in the one at the address that identifies the issuer.
func (f *Fetcher) listOfIssuer(ctx context.Context, c *claims, is asked) (string, error) {
	var badge struct {
		Issuer jsontext.Value `json:"issuer"`
	}
	type profile struct {
		ID   string `json:"id"`
		List string `json:"revocationList"`
	}
	if c.Badge.Kind() == jsontext.KindBeginObject && json.Unmarshal(c.Badge, &badge) == nil &&
		badge.Issuer.Kind() == jsontext.KindBeginObject {
		var p profile
		if json.Unmarshal(badge.Issuer, &p) == nil && p.List != "" {
			return p.List, nil
		}
	}
	if len(is.issuers) != 1 || !strings.HasPrefix(is.issuers[0], "https://") {
		return "", nil
	}
	a, err := f.Get(ctx, is.issuers[0], acceptJSON)
	if err != nil {
		return "", err
	}
	var p profile
	if a.Status != 200 || json.Unmarshal(a.Body, &p) != nil || p.ID != is.issuers[0] {
		return "", errorf(ErrAnswer, "the answer of %s is not the issuer's profile", hostOf(is.issuers[0]))
	}
	return p.List, nil
}
