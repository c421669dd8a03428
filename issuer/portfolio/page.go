package portfolio

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/issuer/paper"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
	"github.com/hallmark-node/hallmark/web"
)

// place is where the page has room for the badges, in its body.
const place = `<!-- badges -->`

// content is what the page finds in itself. Everything that a badge says is in strings, which the page
// shows as text.
type content struct {
	Made   string      `json:"made"` // the date
	Badges []pageBadge `json:"badges"`
}

// pageBadge is one badge of the page. Title and issuer stand there until the browser has read the badge itself.
type pageBadge struct {
	File     string `json:"file"`
	Title    string `json:"title"`
	Issuer   string `json:"issuer,omitempty"`
	URL      string `json:"url,omitempty"` // of a page about it
	Document []byte `json:"document"`
	Proof    []byte `json:"proof"` // a proof file
}

// Page makes one HTML file of badges, which verifies them in the browser of who opens it, without a network.
// It holds no verdict. Of url it makes the address of a page about each badge, as package paper does;
// empty for none. The error is [web.ErrNotBuilt] if there is nothing to make it of.
func Page(badges []paper.Badge, url string, made time.Time) ([]byte, error) {
	page, err := web.Standalone("portfolio.html")
	if err != nil {
		return nil, err
	}
	return fill(page, badges, url, made)
}

// fill puts badges into the page that is built without them.
func fill(page []byte, badges []paper.Badge, url string, made time.Time) ([]byte, error) {
	before, after, ok := bytes.Cut(page, []byte(place))
	if !ok {
		return nil, errors.New("the page that was built has no room for badges")
	}
	all := content{Made: made.UTC().Format(time.DateOnly)}
	for _, b := range badges {
		proof, err := b.Proof.Encode()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.File, err)
		}
		d := credential.Describe(b.Document)
		all.Badges = append(all.Badges, pageBadge{
			File:     b.File,
			Title:    cmp.Or(strings.Join(d.Names, "; "), d.Name, b.File),
			Issuer:   cmp.Or(d.IssuerName, strings.Join(d.IssuerIDs, ", "), d.IssuerURL, d.Author),
			URL:      strings.ReplaceAll(url, "{code}", qrproof.ShortOf(b.Proof.Leaf()).String()),
			Document: b.Document, Proof: proof,
		})
	}
	inert, err := json.Marshal(all) // which escapes <, > and &, so that no badge can end the element
	if err != nil {
		return nil, err
	}
	const begin, end = `<script type="application/json" id="badges">`, `</script>`
	return slices.Concat(before, noScript(&all), []byte(begin), inert, []byte(end), after), nil
}

// noScript is what those see whose browser runs no scripts, as in the previews of mail programs.
func noScript(all *content) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "<noscript><h1>Portfolio</h1><p>Made on %s. Nothing here has been checked: open this file in a browser "+
		"with scripts, and it checks each badge.</p><ol>", all.Made)
	for _, b := range all.Badges {
		fmt.Fprintf(&out, "<li>%s", text(b.Title))
		if b.Issuer != "" {
			fmt.Fprintf(&out, ", says that it is from %s", text(b.Issuer))
		}
		out.WriteString("</li>")
	}
	out.WriteString("</ol></noscript>")
	return out.Bytes()
}

// text makes a text of a badge safe to show.
func text(s string) string { return html.EscapeString(credential.Printable(s)) }
