package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/hallmark-node/hallmark/merkle"
)

// ShareOptions are what somebody decides who shares a credential.
type ShareOptions struct {
	ShowName bool `json:"showName,omitzero"` // the picture for previews names whom it is for
	Index    bool `json:"index,omitzero"`    // search engines may list the page
}

// Shared is the answer to who shared a credential. The token is given out once.
type Shared struct {
	Leaf        merkle.Hash `json:"leaf"`
	URL         string      `json:"url"`         // of the page
	ShortCode   string      `json:"shortCode"`   // by which the page is found, too
	DeleteToken string      `json:"deleteToken"` // takes it down
	Until       *time.Time  `json:"until,omitzero"`
}

// Share is a credential that a node shows on a page.
type Share struct {
	Leaf       merkle.Hash `json:"leaf"`
	URL        string      `json:"url"` // of the page
	ShortCode  string      `json:"shortCode"`
	Credential string      `json:"credential"` // the CID
	Size       uint64      `json:"size"`       // of the badge, in bytes
	SharedAt   time.Time   `json:"sharedAt"`
	Until      *time.Time  `json:"until,omitzero"` // from when on it is not shown any more; absent: no end
	ShowName   bool        `json:"showName"`
	Index      bool        `json:"index"`
}

// ShareList is what is shared under a short code: mostly one.
type ShareList struct {
	Shares []Share `json:"shares"`
}

// ShareTokenSize is how many random bytes are in a token that takes a page down.
const ShareTokenSize = 32

// NewShareToken returns such a token: random bytes in base64url.
func NewShareToken() string {
	var secret [ShareTokenSize]byte
	_, _ = rand.Read(secret[:]) // it ends the process rather than fail
	return base64.RawURLEncoding.EncodeToString(secret[:])
}

// The names of the parts in which a credential is shared.
const (
	PartProof   = "proof"   // the proof file, as JSON
	PartBadge   = "badge"   // the file that the proof is about
	PartOptions = "options" // a JSON object; may be left out
)

// Share uploads a credential with its proof file to be shown on a page. token is what takes it down:
// one of [NewShareToken], so that this can be repeated, or that of an earlier time, which this one
// replaces; empty: the node makes one.
func (c *Client) Share(ctx context.Context, leaf merkle.Hash, proof, badge []byte, o ShareOptions, token string) (Shared, error) {
	options, err := json.Marshal(o)
	if err != nil {
		return Shared{}, err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, part := range []struct {
		name, mediaType string
		data            []byte
	}{
		{PartOptions, "application/json", options},
		{PartProof, "application/json", proof},
		{PartBadge, "application/octet-stream", badge},
	} {
		w, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="` + part.name + `"; filename="` + part.name + `"`}, "Content-Type": {part.mediaType},
		})
		if err != nil {
			return Shared{}, err
		}
		if _, err := w.Write(part.data); err != nil {
			return Shared{}, err
		}
	}
	if err := form.Close(); err != nil {
		return Shared{}, err
	}
	return do[Shared](ctx, c, http.MethodPut, sharePath(leaf), content{
		mediaType: form.FormDataContentType(), size: int64(body.Len()), token: token,
		open: func() io.Reader { return bytes.NewReader(body.Bytes()) },
	})
}

// Unshare takes a page down.
func (c *Client) Unshare(ctx context.Context, leaf merkle.Hash, token string) error {
	_, _, err := c.fetch(ctx, http.MethodDelete, sharePath(leaf), content{token: token})
	return err
}

func sharePath(leaf merkle.Hash) string { return "/v1/shares/" + url.PathEscape(leaf.String()) }
