package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// This file holds what an operator asks of a node about issuers. A node on another machine answers
// only with the operator's password.

// Issuer is what an operator decided about an issuer. What is not recorded is up to the node's
// configuration.
type Issuer struct {
	Address           verifier.Address `json:"address"`
	Name              string           `json:"name,omitzero"`
	Note              string           `json:"note,omitzero"`
	AddedAt           time.Time        `json:"addedAt"`
	Disabled          bool             `json:"disabled"`                   // submissions are refused; its status can still be changed
	NeedsKey          bool             `json:"needsKey"`                   // submissions need an API key beside the signature
	SubmissionsPerDay uint64           `json:"submissionsPerDay,omitzero"` // in a UTC day; absent: no limit
	CredentialsPerDay uint64           `json:"credentialsPerDay,omitzero"` // in a UTC day; absent: no limit
	Today             *DayUsage        `json:"today,omitzero"`             // what was accepted in this UTC day
}

// DayUsage is what was accepted in a UTC day.
type DayUsage struct {
	Submissions uint64 `json:"submissions"`
	Credentials uint64 `json:"credentials"`
}

// IssuerPage is a run of issuers, by ascending addresses.
type IssuerPage struct {
	Issuers []Issuer         `json:"issuers"`
	Next    verifier.Address `json:"next,omitzero"` // the value of after that continues the list; absent at its end
}

// NewIssuer adds an issuer.
type NewIssuer struct {
	Address           verifier.Address `json:"address"`
	Name              string           `json:"name,omitzero"`
	Note              string           `json:"note,omitzero"`
	NeedsKey          bool             `json:"needsKey,omitzero"`
	SubmissionsPerDay uint64           `json:"submissionsPerDay,omitzero"`
	CredentialsPerDay uint64           `json:"credentialsPerDay,omitzero"`
}

// Missing returns the name of a member that has to be there and is not.
func (n *NewIssuer) Missing() string {
	if n.Address.IsZero() {
		return "address"
	}
	return ""
}

// IssuerChange changes what is there of an issuer; what is absent stays.
type IssuerChange struct {
	Name              *string `json:"name,omitzero"`
	Note              *string `json:"note,omitzero"`
	Disabled          *bool   `json:"disabled,omitzero"`
	NeedsKey          *bool   `json:"needsKey,omitzero"`
	SubmissionsPerDay *uint64 `json:"submissionsPerDay,omitzero"` // 0: no limit
	CredentialsPerDay *uint64 `json:"credentialsPerDay,omitzero"` // 0: no limit
}

// Missing returns nothing: every member may be absent.
func (*IssuerChange) Missing() string { return "" }

// KeyInfo describes an API key, without its secret.
type KeyInfo struct {
	Name      string             `json:"name"`    // "hmk_" and 8 characters, as which the key begins
	Issuers   []verifier.Address `json:"issuers"` // for whom it may submit
	Label     string             `json:"label,omitzero"`
	CreatedAt time.Time          `json:"createdAt"`
	ExpiresAt *time.Time         `json:"expiresAt,omitzero"` // from then on it does not count; absent: it does not expire
	RevokedAt *time.Time         `json:"revokedAt,omitzero"` // absent: it was not revoked
	UsedAt    *time.Time         `json:"usedAt,omitzero"`    // the last use, to the hour; absent: it was not used
}

// KeyPage is a run of API keys, by ascending names.
type KeyPage struct {
	Keys []KeyInfo `json:"keys"`
	Next string    `json:"next,omitzero"` // the value of after that continues the list; absent at its end
}

// NewKey asks for an API key.
type NewKey struct {
	Issuers   []verifier.Address `json:"issuers"`
	Label     string             `json:"label,omitzero"`
	ExpiresAt *time.Time         `json:"expiresAt,omitzero"` // absent: it does not expire
}

// Missing returns the name of a member that has to be there and is not.
func (n *NewKey) Missing() string {
	if len(n.Issuers) == 0 {
		return "issuers"
	}
	return ""
}

// MadeKey is an API key that was made. Its text is given out this once.
type MadeKey struct {
	Key  string  `json:"key"`
	Info KeyInfo `json:"info"`
}

// Usage is what was accepted of an issuer in a UTC day.
type Usage struct {
	Day         string           `json:"day"` // as 2026-11-30
	Issuer      verifier.Address `json:"issuer"`
	Submissions uint64           `json:"submissions"`
	Credentials uint64           `json:"credentials"`
}

// UsagePage is a run of usage, by ascending days and addresses.
type UsagePage struct {
	Usage []Usage `json:"usage"`
	Next  string  `json:"next,omitzero"` // the value of after that continues the list; absent at its end
}

// AuditEntry says what an operator did.
type AuditEntry struct {
	Number uint64           `json:"number"` // 1, 2, 3...
	Time   time.Time        `json:"time"`
	Who    string           `json:"who"`             // the user name that was given, and from where
	What   string           `json:"what"`            // "issuer added", "issuer changed", "issuer removed", "key made", "key revoked"
	Issuer verifier.Address `json:"issuer,omitzero"` // of whom; absent: of several
	Detail string           `json:"detail,omitzero"`
	Before merkle.Hash      `json:"before"` // hash of the entry before; zero for the first
	Hash   merkle.Hash      `json:"hash"`   // of this one
}

// AuditPage is a run of the audit log, in its order.
type AuditPage struct {
	Entries []AuditEntry `json:"entries"`
	Next    uint64       `json:"next,omitzero"` // the value of after that continues the list; absent at its end
}

// SetAPIKey makes the client submit with an API key. Call it before the client is used.
func (c *Client) SetAPIKey(k APIKey) { c.apiKey = k.Text() }

// Issuers returns the issuers after one (zero: from the first on).
func (c *Client) Issuers(ctx context.Context, after verifier.Address) (IssuerPage, error) {
	query := url.Values{}
	if !after.IsZero() {
		query.Set("after", after.String())
	}
	return get[IssuerPage](ctx, c, "/v1/issuers?"+query.Encode())
}

// Issuer returns one of them, with what was accepted of it today.
func (c *Client) Issuer(ctx context.Context, issuer verifier.Address) (Issuer, error) {
	return get[Issuer](ctx, c, issuerPath(issuer))
}

// AddIssuer adds an issuer.
func (c *Client) AddIssuer(ctx context.Context, n NewIssuer) (Issuer, error) {
	return send[Issuer](ctx, c, http.MethodPost, "/v1/issuers", n)
}

// ChangeIssuer changes what is there of an issuer.
func (c *Client) ChangeIssuer(ctx context.Context, issuer verifier.Address, change IssuerChange) (Issuer, error) {
	return send[Issuer](ctx, c, http.MethodPatch, issuerPath(issuer), change)
}

// RemoveIssuer removes what is there of an issuer.
func (c *Client) RemoveIssuer(ctx context.Context, issuer verifier.Address) error {
	_, _, err := c.fetch(ctx, http.MethodDelete, issuerPath(issuer), content{})
	return err
}

// NewKey makes an API key.
func (c *Client) NewKey(ctx context.Context, n NewKey) (MadeKey, error) {
	return send[MadeKey](ctx, c, http.MethodPost, "/v1/keys", n)
}

// Keys returns the API keys after one (empty: from the first on).
func (c *Client) Keys(ctx context.Context, after string) (KeyPage, error) {
	return get[KeyPage](ctx, c, "/v1/keys?"+url.Values{"after": {after}}.Encode())
}

// RevokeKey ends an API key.
func (c *Client) RevokeKey(ctx context.Context, name string) error {
	_, _, err := c.fetch(ctx, http.MethodDelete, "/v1/keys/"+url.PathEscape(name), content{})
	return err
}

// Usage returns what was accepted in the UTC days from to to, of all issuers or of one, after an
// entry (empty: from the first on).
func (c *Client) Usage(ctx context.Context, from, to time.Time, issuer verifier.Address, after string) (UsagePage, error) {
	query := url.Values{"from": {from.UTC().Format(time.DateOnly)}, "to": {to.UTC().Format(time.DateOnly)}, "after": {after}}
	if !issuer.IsZero() {
		query.Set("issuer", issuer.String())
	}
	return get[UsagePage](ctx, c, "/v1/usage?"+query.Encode())
}

// Audit returns up to limit entries of the audit log (1 to 1000) after one.
func (c *Client) Audit(ctx context.Context, after uint64, limit int) (AuditPage, error) {
	return get[AuditPage](ctx, c, fmt.Sprintf("/v1/audit?after=%s&limit=%d", strconv.FormatUint(after, 10), limit))
}

func issuerPath(issuer verifier.Address) string { return "/v1/issuers/" + issuer.String() }

// send makes a request with a JSON body and reads its JSON answer.
func send[T any](ctx context.Context, c *Client, method, path string, v any) (answer T, err error) {
	data, err := json.Marshal(v)
	if err != nil {
		return answer, err
	}
	return do[T](ctx, c, method, path, content{
		mediaType: "application/json", size: int64(len(data)), open: func() io.Reader { return bytes.NewReader(data) },
	})
}
