package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// site is what build.sh has built. It does not change.
type site struct {
	files  map[string]*file // by their names below dist, without .br
	engine func() (string, error)
}

// file is a file as it is stored: compressed.
type file struct {
	packed []byte
	tag    string // of what is in it
	plain  func() ([]byte, error)
}

// open takes what there is: nothing in a program that was built without its pages.
func open(dist fs.FS) *site {
	s := &site{files: make(map[string]*file)}
	_ = fs.WalkDir(dist, "dist", func(name string, entry fs.DirEntry, err error) error { // it is in memory
		stem, packed := strings.CutSuffix(name, ".br")
		if err != nil || entry.IsDir() || !packed {
			return nil //nolint:nilerr // as above
		}
		if data, err := fs.ReadFile(dist, name); err == nil {
			s.files[strings.TrimPrefix(stem, "dist/")] = newFile(data)
		}
		return nil
	})
	s.engine = sync.OnceValues(s.packEngine)
	return s
}

func newFile(packed []byte) *file {
	f := &file{packed: packed, tag: tagOf(packed)}
	f.plain = sync.OnceValues(func() ([]byte, error) { return io.ReadAll(brotli.NewReader(bytes.NewReader(packed))) })
	return f
}

func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:12])
}

// room is where the verifier has its place in a page that is one file.
const room = `<script type="text/plain" id="engine-wasm">`

// standalone puts the verifier into a page that is one file.
func (s *site) standalone(name string) ([]byte, error) {
	f, ok := s.files[strings.TrimSuffix(name, path.Ext(name))+".standalone.html"]
	if !ok {
		return nil, ErrNotBuilt
	}
	page, err := f.plain()
	if err != nil {
		return nil, err
	}
	before, after, ok := bytes.Cut(page, []byte(room))
	if !ok {
		return nil, fmt.Errorf("%w: there is no room for the verifier in %s", ErrNotBuilt, name)
	}
	engine, err := s.engine()
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{before, []byte(room), []byte(engine), after}, nil), nil
}

// packEngine returns the verifier as pages hold it that are one file: gzip, which browsers
// unpack, in base64.
func (s *site) packEngine() (string, error) {
	for name, f := range s.files {
		if path.Ext(name) != ".wasm" {
			continue
		}
		plain, err := io.ReadAll(brotli.NewReader(bytes.NewReader(f.packed))) // not kept: it is needed once
		if err != nil {
			return "", err
		}
		var out bytes.Buffer
		w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
		if err != nil {
			return "", err
		}
		if _, err := w.Write(plain); err != nil {
			return "", err
		}
		if err := w.Close(); err != nil {
			return "", err
		}
		return base64.StdEncoding.EncodeToString(out.Bytes()), nil
	}
	return "", fmt.Errorf("%w: the verifier is missing", ErrNotBuilt)
}
