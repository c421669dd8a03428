package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
)

// What a node has published comes as blocks, as ranges of blocks, and as one CAR from which
// the batch is put together again.
func TestGateway(t *testing.T) {
	e := open(t, true, nil)
	s := newIssuer(t).submission(t, e.home, leaves(2000, t.Name())...)
	if _, err := e.client.Submit(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	e.awaitFinal(t, e.client, s.ID())
	status, err := e.client.Status(t.Context(), s.ID())
	if err != nil {
		t.Fatal(err)
	}
	batch, err := e.node.Serving.Batch(t.Context(), *status.Batch)
	if err != nil {
		t.Fatal(err)
	}
	path := "/ipfs/" + publish.ManifestCID(batch.Manifest).String()
	ask := func(path string, header ...string) (*http.Response, []byte) {
		h := http.Header{"Accept-Encoding": {"gzip"}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return e.ask(t, http.MethodGet, path, h)
	}

	response, block := ask(path, "Accept", "application/vnd.ipld.raw, */*;q=0.1")
	if response.StatusCode != http.StatusOK || sha256.Sum256(block) != batch.Manifest || response.Header.Get("Content-Encoding") != "" ||
		response.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.HasSuffix(response.Header.Get("Content-Location"), "?format=raw") {
		t.Errorf("the manifest: %s, %v", response.Status, response.Header)
	}
	tag := response.Header.Get("ETag")
	response, body := ask(path+"?format=raw", "If-None-Match", tag)
	if response.StatusCode != http.StatusNotModified || len(body) > 0 || tag == "" {
		t.Errorf("the manifest again: %s, %v", response.Status, response.Header)
	}
	response, body = ask(path+"?format=raw", "Range", "bytes=2-5")
	if response.StatusCode != http.StatusPartialContent || !bytes.Equal(body, block[2:6]) {
		t.Errorf("a part of the manifest: %s, %x", response.Status, body)
	}
	head, _ := e.ask(t, http.MethodHead, path+"?format=raw", nil)
	if head.StatusCode != http.StatusOK || head.ContentLength != int64(len(block)) || head.Header.Get("ETag") != tag {
		t.Errorf("HEAD: %s, %d bytes, %v", head.Status, head.ContentLength, head.Header)
	}

	response, body = ask(path + "?format=car")
	if response.Header.Get("Content-Type") != "application/vnd.ipld.car; version=1; order=dfs; dups=n" {
		t.Errorf("the CAR: %s, %v", response.Status, response.Header)
	}
	got := readCAR(t, body)
	var read []*publish.Submission
	want := publish.Batch{Root: batch.Root, Manifest: batch.Manifest}
	if err := publish.ReadBatch(t.Context(), got.Block, want, func(s *publish.Submission) error {
		read = append(read, s)
		return nil
	}); err != nil || len(read) != 1 || read[0].ID() != s.ID() {
		t.Errorf("the batch of the CAR: %d submissions, %v", len(read), err)
	}
	if response, _ := ask(path+"?format=car", "If-None-Match", response.Header.Get("ETag")); response.StatusCode != http.StatusNotModified {
		t.Errorf("the CAR again: %s", response.Status)
	}
	_, body = ask(path + "/pages/0/0/leaves/0?format=car&dag-scope=block")
	if part := readCAR(t, body); len(part) != 3 {
		t.Errorf("%d blocks lead to the first leaves, want the manifest, a page, and them", len(part))
	}

	absent := publish.ManifestCID(merkle.Hash{1}).String()
	for path, want := range map[string]int{
		path:                              400,
		path + "?format=dag-json":         406,
		path + "/pages?format=raw":        406,
		path + "/nothing?format=car":      404,
		"/ipfs/" + absent + "?format=raw": 404, "/ipfs/" + absent + "?format=car": 404,
		"/ipfs/nonsense?format=raw": 400, "/v1/lists": 200,
		"/v1/lists?after=nonsense": 422, "/v1/lists?after=0x00": 422, "/v1/lists?limit=0": 422,
		"/ipfs/bafkqaaa?format=raw": 200, "/ipfs/bafkqaaa?format=car": 200,
	} {
		response, body := ask(path)
		if response.StatusCode != want || want >= 400 && (response.Header.Get("Cache-Control") != "no-store" || len(body) < 10) {
			t.Errorf("%s: %s, %v: %s", path, response.Status, response.Header, body)
		}
	}
	if response, _ := e.ask(t, http.MethodPost, path, nil); response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", response.Status)
	}
}

// carBlocks are the blocks of a CAR.
type carBlocks map[cid.Cid][]byte

func readCAR(t *testing.T, data []byte) carBlocks {
	t.Helper()
	r, err := car.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got := carBlocks{}
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got[b.CID] = b.Data
	}
}

// Block is a [publish.Getter].
func (b carBlocks) Block(_ context.Context, c cid.Cid) ([]byte, error) {
	if data, ok := b[c]; ok {
		return data, nil
	}
	return nil, errors.New("not in the CAR")
}
