package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	gocar "github.com/ipld/go-car/v2"

	"github.com/hallmark-node/hallmark/anchor/gateway"
	"github.com/hallmark-node/hallmark/anchor/role"
	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/internal/sharedtest"
)

// memory is a copy of blocks, by multihash.
type memory map[string][]byte

func (m memory) get(_ context.Context, c cid.Cid) ([]byte, error) {
	if data, ok := m[string(c.Hash())]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("block %s: %w", c, role.ErrNotFound)
}

// ask serves one request.
func ask(t testing.TB, get func(context.Context, cid.Cid) ([]byte, error), method, target string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	gateway.New(get, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
	return w.Result()
}

// fixtures adds the blocks of CAR files of the conformance suite, and returns the root of
// the first.
func (m memory) fixture(t testing.TB, name string) cid.Cid {
	t.Helper()
	f, err := os.Open(sharedtest.Path(t, "material", "gateway-conformance", "fixtures", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, all := readCAR(t, f)
	for _, b := range all {
		m[string(b.c.Hash())] = b.data
	}
	return r[0]
}

type block struct {
	c    cid.Cid
	data []byte
}

// readCAR takes a CAR apart by go-car, which checks the hashes.
func readCAR(t testing.TB, from io.Reader) (roots []cid.Cid, all []block) {
	t.Helper()
	r, err := gocar.NewBlockReader(from)
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Roots, all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, block{b.Cid(), b.RawData()})
	}
}

// names are the blocks of fixtures by what they are, as the suite's own description of them
// says (fixtures/trustless_gateway_car/README.md).
func (m memory) car(t *testing.T, target string, header http.Header) (blocks []string) {
	t.Helper()
	response := ask(t, m.get, http.MethodGet, target, header)
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("%s: %s: %s", target, response.Status, text)
	}
	_, all := readCAR(t, response.Body)
	for _, b := range all {
		blocks = append(blocks, b.c.String())
	}
	return blocks
}

// The parts of multiblock.txt in the fixtures: four of 256 bytes and one of two.
var multiblock = []string{
	"bafkreie5noke3mb7hqxukzcy73nl23k6lxszxi5w3dtmuwz62wnvkpsscm",
	"bafkreih4ephajybraj6wnxsbwjwa77fukurtpl7oj7t7pfq545duhot7cq",
	"bafkreigu7buvm3cfunb35766dn7tmqyh2um62zcio63en2btvxuybgcpue",
	"bafkreicll3huefkc3qnrzeony7zcfo7cr3nbx64hnxrqzsixpceg332fhe",
	"bafkreifst3pqztuvj57lycamoi7z34b4emf7gawxs74nwrc2c7jncmpaqm",
}

// TestConformanceCAR is what the conformance suite asks of CARs of a trustless gateway. at
// finds the blocks at a path, by the gateway itself; TestBeside of testnet/boxo holds each of
// these answers against the reference implementation.
func TestConformanceCAR(t *testing.T) {
	m := memory{}
	mixed := m.fixture(t, "trustless_gateway_car/subdir-with-mixed-block-files.car").String()
	two := m.fixture(t, "trustless_gateway_car/subdir-with-two-single-block-files.car").String()
	sharded := m.fixture(t, "trustless_gateway_car/single-layer-hamt-with-multi-block-files.car").String()
	linked := m.fixture(t, "trustless_gateway_car/dir-with-dag-cbor-with-links.car").String()
	twice := m.fixture(t, "trustless_gateway_car/dir-with-duplicate-files.car").String()
	gap := m.fixture(t, "trustless_gateway_car/file-3k-and-3-blocks-missing-block.car").String()
	at := func(path string) string { // the last block of a path
		way := m.car(t, "/ipfs/"+path+"?format=car&dag-scope=block", nil)
		return way[len(way)-1]
	}
	subdir, file := at(mixed+"/subdir"), at(mixed+"/subdir/multiblock.txt")
	document, single := at(linked+"/document"), at(linked+"/document/files/single")
	whole := append([]string{mixed, subdir, file}, multiblock...)
	const span = "?format=car&dag-scope=entity&entity-bytes="
	for _, c := range []struct {
		target string
		want   []string
	}{
		{two + "/subdir/ascii.txt?format=car", []string{two, at(two + "/subdir"), at(two + "/subdir/ascii.txt")}},
		{document + "/files/single?format=car", []string{document, single}},
		{two + "/subdir?format=car&dag-scope=block", []string{two, at(two + "/subdir")}},
		{two + "?format=car&dag-scope=entity", []string{two}},
		{mixed + "/subdir/ascii.txt?format=car&dag-scope=entity", []string{mixed, subdir, at(mixed + "/subdir/ascii.txt")}},
		{mixed + "/subdir/multiblock.txt?format=car&dag-scope=entity", whole},
		{mixed + "/subdir/multiblock.txt?format=car&dag-scope=all", whole},
		{mixed + "/subdir/multiblock.txt" + span + "0:*", whole},
		{linked + "/document?format=car&dag-scope=entity", []string{linked, document}},
		{file + span + "512:*", append([]string{file}, multiblock[2:]...)},
		{file + span + "512:1023", append([]string{file}, multiblock[2:4]...)},
		{file + span + "512:-256", append([]string{file}, multiblock[2:4]...)},
		{file + span + "-5:*", append([]string{file}, multiblock[3:]...)},
		{file + span + "-9999:*", append([]string{file}, multiblock...)},
		{file + span + "-9999:-3", append([]string{file}, multiblock[:4]...)},
		{file + span + "0:0", append([]string{file}, multiblock[:1]...)},
		{file + span + "5000:6000", []string{file}},
		{file + span + "800:-900", []string{file}},
		{file + "?format=car&entity-bytes=0:0", append([]string{file}, multiblock[:1]...)}, // which implies the scope
		{gap + span + "0:1000", []string{gap, "QmPKt7ptM2ZYSGPUc8PmPT2VBkLDK3iqpG9TBJY7PCE9rF"}},
		{gap + span + "2200:*", []string{gap, "QmWXY482zQdwecnfBsj78poUUuPXvyw2JAFAEMw4tzTavV"}},
		{"bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa?format=car&car-dups=y", nil},
		{"bafkqaaa?format=car", nil},
	} {
		if got := m.car(t, "/ipfs/"+c.target, nil); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q\nwant\n%q", c.target, got, c.want)
		}
	}
	accept := func(params string) http.Header {
		return http.Header{"Accept": {"application/vnd.ipld.car; version=1; " + params}}
	}
	ascii, hello, multi := at(twice+"/ascii.txt"), at(twice+"/hello.txt"), at(twice+"/multiblock.txt")
	for params, start := range map[string][]string{
		"order=dfs; dups=y": {twice, ascii, ascii, hello, multi},
		"order=dfs; dups=n": {twice, ascii, hello, multi}, "order=unk": {twice, ascii, hello, multi},
	} {
		for _, target := range []string{twice, twice + "?format=car"} {
			if got := m.car(t, "/ipfs/"+target, accept(params)); !slices.Equal(got, append(start, multiblock...)) {
				t.Errorf("%s with %s: %q", target, params, got)
			}
		}
	}
	// Of a sharded directory all of its own blocks come, and none of its files; a path through
	// it leads over the blocks on the way.
	shards := m.car(t, "/ipfs/"+sharded+"?format=car&dag-scope=entity", nil)
	if bytesOf := m.car(t, "/ipfs/"+sharded+span+"0:*", nil); len(shards) < 10 || shards[0] != sharded || !slices.Equal(shards, bytesOf) {
		t.Errorf("a sharded directory: %d blocks, %d with a span", len(shards), len(bytesOf))
	}
	for _, c := range shards {
		if strings.HasPrefix(c, "bafkrei") {
			t.Errorf("a directory with %s, which is a piece of a file", c)
		}
	}
	way := m.car(t, "/ipfs/"+sharded+"/1.txt?format=car&dag-scope=block", nil)
	if len(way) != 3 || way[0] != sharded || !slices.Contains(shards, way[1]) {
		t.Errorf("through a sharded directory: %q", way)
	}
	if r := ask(t, m.get, http.MethodGet, "/ipfs/"+two+"/subdir/i-do-not-exist?format=car", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("a path that leads nowhere: %s", r.Status)
	}
}

// TestConformanceRaw is what the conformance suite asks of raw blocks.
func TestConformanceRaw(t *testing.T) {
	m := memory{}
	root := m.fixture(t, "gateway-raw-block.car")
	raw := http.Header{"Accept": {"application/vnd.ipld.raw"}}
	for target, header := range map[string]http.Header{
		root.String() + "?format=raw": nil, root.String(): raw, root.String() + "?filename=foobar.bin": raw,
	} {
		r := ask(t, m.get, http.MethodGet, "/ipfs/"+target, header)
		body, _ := io.ReadAll(r.Body)
		name := root.String() + ".bin"
		if strings.Contains(target, "filename") {
			name = "foobar.bin"
		}
		for header, want := range map[string]string{
			"Content-Type": "application/vnd.ipld.raw", "Content-Length": fmt.Sprint(len(body)), "X-Content-Type-Options": "nosniff",
			"X-Ipfs-Path": "/ipfs/" + root.String(), "X-Ipfs-Roots": root.String(), "Cache-Control": "public, max-age=29030400, immutable",
			"Etag": `"` + root.String() + `.raw"`, "Content-Disposition": `attachment; filename="` + name + `"; filename*=UTF-8''` + name,
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %s: %q, want %q", target, header, got, want)
			}
		}
		if r.StatusCode != http.StatusOK || !bytes.Equal(body, m[string(root.Hash())]) {
			t.Errorf("%s: %s, %d bytes", target, r.Status, len(body))
		}
	}
}

// Every kind of fault has its status, and none of a store is "not here".
func TestFaults(t *testing.T) {
	c := "/ipfs/" + memoryOf("a fault").String()
	for _, f := range []struct {
		err    error
		status int
	}{
		{role.ErrNotFound, 404},
		{role.ErrUnavailable, 503},
		{role.ErrBusy, 503},
		{fmt.Errorf("%w: the host is on fire", store.ErrUnavailable), 503},
		{errors.New("the disk is on fire"), 500},
	} {
		get := func(context.Context, cid.Cid) ([]byte, error) { return nil, fmt.Errorf("block: %w", f.err) }
		for _, format := range []string{"raw", "car"} {
			r := ask(t, get, http.MethodGet, c+"?format="+format, nil)
			body, _ := io.ReadAll(r.Body)
			if r.StatusCode != f.status || (r.StatusCode == http.StatusServiceUnavailable) != (r.Header.Get("Retry-After") != "") ||
				strings.Contains(string(body), "fire") ||
				r.Header.Get("Etag") != "" || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%v, %s: %s, %v, %s", f.err, format, r.Status, r.Header, body)
			}
		}
	}
}

// memoryOf returns the CID of a raw block.
func memoryOf(text string) cid.Cid {
	c, err := cid.V1Builder{Codec: cid.Raw, MhType: 0x12}.Sum([]byte(text))
	if err != nil {
		panic(err)
	}
	return c
}

// A fault in the middle of a CAR breaks the connection: the client has an error, not an end.
func TestBrokenOff(t *testing.T) {
	first, second := memoryOf("first"), memoryOf("second")
	root := "\x82\xd8\x2a\x58\x25\x00" + first.KeyString() + "\xd8\x2a\x58\x25\x00" + second.KeyString()
	top, err := cid.V1Builder{Codec: cid.DagCBOR, MhType: 0x12}.Sum([]byte(root))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gateway.New(func(_ context.Context, c cid.Cid) ([]byte, error) {
		switch c {
		case top:
			return []byte(root), nil
		case first:
			return bytes.Repeat([]byte("x"), 1<<20), nil // long enough to be sent before the fault
		}
		return nil, role.ErrUnavailable
	}, slog.New(slog.DiscardHandler)))
	defer server.Close()
	response, err := http.Get(server.URL + "/ipfs/" + top.String() + "?format=car")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK || len(body) < 1<<20 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%s, %d bytes, %v", response.Status, len(body), err)
	}
}

// FuzzRequest makes requests of all kinds: each has an answer that a gateway may give.
func FuzzRequest(f *testing.F) {
	m := memory{}
	leaf := memoryOf("leaf")
	m[string(leaf.Hash())] = []byte("leaf")
	doc := "\xa1\x65pages\x81\xd8\x2a\x58\x25\x00" + leaf.KeyString()
	root, err := cid.V1Builder{Codec: cid.DagCBOR, MhType: 0x12}.Sum([]byte(doc))
	if err != nil {
		f.Fatal(err)
	}
	m[string(root.Hash())] = []byte(doc)
	c := root.String()
	for _, path := range []string{
		c, c + "/pages/0", c + "/pages", c + "//pages/", c + "/pages/-1", c + "/" + strings.Repeat("a/", 40),
		"bafkqaaa", "Qm", leaf.String() + "/x",
		cid.NewCidV0(root.Hash()).String(), "\x00", "f015500", "bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa/x",
	} {
		f.Add(path, "format=car&entity-bytes=-3:*&dag-scope=entity", "application/vnd.ipld.car;dups=y", "bytes=0-")
		f.Add(path, "format=raw&filename=%0d%0aX-Evil:1", "application/vnd.ipld.raw;", `bytes=1-2,3-4`)
	}
	f.Fuzz(func(t *testing.T, path, query, accept, span string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ipfs/", nil)
		r.URL.Path, r.URL.RawQuery = "/ipfs/"+path, query
		r.Header.Set("Accept", accept)
		r.Header.Set("Range", span)
		w := httptest.NewRecorder()
		gateway.New(m.get, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
		for name, values := range w.Header() {
			if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("%s: %q", name, values)
			}
		}
		switch w.Code {
		case 200:
			if strings.HasPrefix(w.Header().Get("Content-Type"), gateway.CARType) {
				readCAR(t, w.Body)
			}
		case 206, 400, 404, 406, 412, 416, 501:
		default:
			t.Errorf("%d: %s", w.Code, w.Body)
		}
	})
}
