package api

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/hallmark-node/hallmark/anchor/sharing"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier/qrproof"
	"github.com/hallmark-node/hallmark/web"
)

// shareHandler answers a request about what a node shares.
type shareHandler func(*sharing.Sharing, http.ResponseWriter, *http.Request) error

// sharePages are the handlers of the pages about what is shared. They answer people: what goes
// wrong is told on a page, too.
func (s *server) sharePages() map[string]shareHandler {
	return map[string]shareHandler{
		"GET /b/{$}":               s.findShare,
		"GET /b/{leaf}":            s.sharePage,
		"GET /b/{leaf}/card.png":   ofLeaf(s.shareCard),
		"GET /b/{leaf}/qr.svg":     ofLeaf(s.shareCode),
		"GET /b/{leaf}/badge":      ofLeaf(s.shareBadge),
		"GET /b/{leaf}/proof.json": ofLeaf(s.shareProof),
		"GET /b/{leaf}/picture":    ofLeaf(s.sharePicture),
		"GET /b/share.css": func(_ *sharing.Sharing, w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "text/css; charset=utf-8")
			_, _ = w.Write(sharing.Style) // the client may have gone
			return nil
		},
	}
}

// ofLeaf reads of which leaf a part of a page is asked for.
func ofLeaf(answer func(*sharing.Sharing, merkle.Hash, http.ResponseWriter, *http.Request) error) shareHandler {
	return func(sh *sharing.Sharing, w http.ResponseWriter, r *http.Request) error {
		leaf, err := pathValue[merkle.Hash](r, "leaf")
		if err != nil {
			return err
		}
		return answer(sh, leaf, w, r)
	}
}

// handleShares adds the pages to the routes.
func (s *server) handleShares(mux *http.ServeMux) {
	for pattern, answer := range s.sharePages() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			web.Protect(header, sharing.Policy)
			header.Set("X-Robots-Tag", "noindex")
			header.Add("Vary", "Accept-Language")
			sh, err := s.shares()
			if err == nil {
				err = answer(sh, w, r)
			}
			if err != nil {
				s.shareFault(w, r, err)
			}
		})
	}
}

// shareFault says on a page what went wrong.
func (s *server) shareFault(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problemOf(r.Context(), err)
	key := "busy"
	if p.Status == http.StatusNotFound || p.Status == http.StatusUnprocessableEntity {
		p.Status, key = http.StatusNotFound, "gone"
	}
	page, err := sharing.Message(s.site(r), languageOf(r), key)
	if err != nil {
		writeProblem(w, p)
		return
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Seconds())))
	}
	w.Header().Del("Content-Disposition")
	writePage(w, p.Status, page)
}

func writePage(w http.ResponseWriter, status int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page) // the client may have gone
}

func languageOf(r *http.Request) sharing.Language {
	return sharing.LanguageOf(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
}

// hostName is what a Host header of use looks like.
var hostName = regexp.MustCompile(`^[A-Za-z0-9.\-\[\]:]{1,255}$`)

// site returns where the pages are: at the URL that the operator configured, else where the request
// says that it went.
func (s *server) site(r *http.Request) sharing.Site {
	site := sharing.Site{URL: strings.TrimRight(s.config.URL, "/"), Head: web.Tags("share.html")}
	if site.URL == "" && hostName.MatchString(r.Host) {
		site.URL = "http://" + r.Host
	}
	return site
}

// findShare looks up a short code, and leads to the page that it is of.
func (s *server) findShare(sh *sharing.Sharing, w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("code")
	message, status := "", http.StatusOK
	var found []merkle.Hash
	if code != "" {
		short, err := qrproof.ParseShort(code)
		if err == nil {
			if found, err = sh.Find(short); err != nil {
				return err
			}
		}
		switch {
		case err != nil:
			message, status = "find.wrong", http.StatusUnprocessableEntity
		case len(found) == 0:
			message, status = "find.none", http.StatusNotFound
		case len(found) == 1:
			w.Header().Set("Cache-Control", momentary)
			to := "/b/" + found[0].String()
			if lang := r.URL.Query().Get("lang"); lang != "" {
				to += "?lang=" + languageOf(r).Code()
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
			return nil
		default:
			message = "find.many"
		}
	}
	page, err := sharing.Find(s.site(r), languageOf(r), message, code, found)
	if err != nil {
		return err
	}
	writePage(w, status, page)
	return nil
}

// sharePage shows a credential, verified now. A short code in the place of the leaf does, too.
func (s *server) sharePage(sh *sharing.Sharing, w http.ResponseWriter, r *http.Request) error {
	leaf, err := pathValue[merkle.Hash](r, "leaf")
	if err != nil {
		if short, err := qrproof.ParseShort(r.PathValue("leaf")); err == nil {
			http.Redirect(w, r, "/b/?code="+short.String(), http.StatusSeeOther)
			return nil
		}
		return err
	}
	view, err := sh.View(r.Context(), leaf)
	if err != nil {
		return err
	}
	picture, err := sh.Picture(r.Context(), leaf)
	if errors.Is(err, sharing.ErrNotShared) {
		return err
	}
	page, err := sh.Page(view, s.site(r), languageOf(r), picture != nil)
	if err != nil {
		return err
	}
	if view.Share.Index {
		w.Header().Del("X-Robots-Tag")
	}
	writePage(w, http.StatusOK, page)
	return nil
}

// shareCard draws what networks show of the page.
func (s *server) shareCard(sh *sharing.Sharing, leaf merkle.Hash, w http.ResponseWriter, r *http.Request) error {
	view, err := sh.View(r.Context(), leaf)
	if err != nil {
		return err
	}
	card, err := sh.Card(r.Context(), view, view.Card(s.site(r), languageOf(r)))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(card) // the client may have gone
	return nil
}

func (s *server) shareCode(sh *sharing.Sharing, leaf merkle.Hash, w http.ResponseWriter, r *http.Request) error {
	if _, err := sh.Get(leaf); err != nil {
		return err
	}
	code, err := sharing.Code(s.site(r), leaf)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", sharing.PicturePolicy)
	_, _ = w.Write(code) // the client may have gone
	return nil
}

// shareBadge sends the badge as it was uploaded, to be saved and never to be shown.
func (s *server) shareBadge(sh *sharing.Sharing, leaf merkle.Hash, w http.ResponseWriter, r *http.Request) error {
	kept, err := sh.Get(leaf)
	if err != nil {
		return err
	}
	return s.limits.sendFile(r, kept.Size, func() error {
		badge, err := sh.Badge(leaf)
		if err != nil {
			return err
		}
		media, ending := sharing.BadgeType(badge)
		download(w, leaf, media, ending)
		_, _ = w.Write(badge) // the client may have gone
		return nil
	})
}

// shareProof sends the proof file, with the newest evidence.
func (s *server) shareProof(sh *sharing.Sharing, leaf merkle.Hash, w http.ResponseWriter, r *http.Request) error {
	fresh, _ := strconv.ParseBool(r.URL.Query().Get("fresh"))
	p, err := sh.Proof(r.Context(), leaf, fresh)
	if err != nil {
		return err
	}
	p.Hints = s.hints(p.Hints)
	body, err := p.Encode()
	if err != nil {
		return err
	}
	download(w, leaf, "application/json", ".proof.json")
	_, _ = w.Write(body) // the client may have gone
	return nil
}

// download says that what follows is a file to be saved.
func download(w http.ResponseWriter, leaf merkle.Hash, media, ending string) {
	header := w.Header()
	header.Set("Content-Type", media)
	header.Set("Content-Disposition", `attachment; filename="`+qrproof.ShortOf(leaf).String()+ending+`"`)
	header.Set("Content-Security-Policy", sharing.PicturePolicy)
}

// sharePicture sends the picture of a badge, which in SVG is as somebody wrote it.
func (s *server) sharePicture(sh *sharing.Sharing, leaf merkle.Hash, w http.ResponseWriter, r *http.Request) error {
	kept, err := sh.Get(leaf)
	if err != nil {
		return err
	}
	return s.limits.sendFile(r, kept.Size, func() error {
		picture, err := sh.Picture(r.Context(), leaf)
		if err != nil {
			return err
		}
		if picture == nil {
			return sharing.ErrNotShared
		}
		// Pages show it all the same. Opened by itself it could pass for a page of this site.
		download(w, leaf, picture.Type, picture.Ending())
		_, _ = w.Write(picture.Data) // the client may have gone
		return nil
	})
}
