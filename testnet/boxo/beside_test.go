package boxo_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multibase"

	"github.com/hallmark-node/hallmark/anchor/publish"
)

// specified are the headers that the specification gives a meaning, and whose values it
// leaves to nobody. Entity tags of CARs are up to a gateway; see TestBeside.
var specified = []string{
	"Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "Content-Location", "Cache-Control",
	"X-Content-Type-Options", "X-Ipfs-Path", "X-Ipfs-Roots", "Ipfs-Uri", "Etag", "Location",
}

// different are requests that our gateway answers otherwise, and why. A name that ends with a
// comma stands for all that begin like it.
var different = map[string]string{
	"no format at all":            "400 is what the specification asks of a gateway that unpacks nothing; boxo says 406",
	"a path that leads nowhere":   "404, as the specification prefers where that is known at once; boxo sends the blocks up to the gap",
	"not there, CAR":              "404, which the specification demands; boxo says 200 and breaks off",
	"not there, but known":        "404, since the block is looked for first; boxo says 304 for all that could be there",
	"entity-bytes of no length":   "dag-scope=block, which the specification demands; boxo breaks off",
	"two ranges":                  "both are sent, as multipart/byteranges; boxo sends the first",
	"a range of nonsense":         "416, as net/http has it; boxo says 400",
	"a member, all,":              "what is below the end of the path, as the specification has it; boxo sends all that is below its block",
	"an issuer, all,":             "as above",
	"a submission, all,":          "as above",
	"leaves by a path, all, dups": "each block of the path once; boxo sends the last one twice",
	"traversal, all, dups":        "as above",
	"within dag-cbor, all, dups":  "as above",
}

// reasonFor returns why a request is answered otherwise; empty: it is not.
func reasonFor(name string) string {
	for prefix, reason := range different {
		if name == prefix || strings.HasSuffix(prefix, ",") && strings.HasPrefix(name+",", prefix) {
			return reason
		}
	}
	return ""
}

// request is one to be made of both gateways.
type request struct {
	name   string
	path   string // below /ipfs/, with a query
	header string // name, a colon, and a value
}

func requests(t *testing.T, m memory) []request {
	big := batch(t, m, 1, 3, 1000, 70_000)
	manifest := publish.ManifestCID(big.Manifest)
	page, leaves := cid.Undef, cid.Undef
	for hash, data := range m {
		switch {
		case len(data) == 1<<20:
			leaves = cid.NewCidV1(cid.Raw, []byte(hash))
		case hash != string(manifest.Hash()):
			if c := cid.NewCidV1(cid.DagCBOR, []byte(hash)); bytes.HasPrefix(data, []byte{0x84}) {
				page = c
			}
		}
	}
	if !page.Defined() || !leaves.Defined() {
		t.Fatal("the batch has no page or no full block of leaves")
	}
	dir := fixture(t, m, "trustless_gateway_car/subdir-with-mixed-block-files.car")
	two := fixture(t, m, "trustless_gateway_car/subdir-with-two-single-block-files.car")
	hamt := fixture(t, m, "trustless_gateway_car/single-layer-hamt-with-multi-block-files.car")
	links := fixture(t, m, "trustless_gateway_car/dir-with-dag-cbor-with-links.car")
	twice := fixture(t, m, "trustless_gateway_car/dir-with-duplicate-files.car")
	gap := fixture(t, m, "trustless_gateway_car/file-3k-and-3-blocks-missing-block.car")
	rawBlock := fixture(t, m, "gateway-raw-block.car")
	traversal := fixture(t, m, "path_gateway_dag/dag-cbor-traversal.car")
	symlink := fixture(t, m, "path_gateway_unixfs/symlink.car")
	percent := fixture(t, m, "path_gateway_unixfs/dir-with-percent-encoded-filename.car")
	identity := "bafkqaf3imvwgy3zaneqgc3janfxgy2lomvscay3jmqfa"
	base36, _ := manifest.StringOfBase(multibase.Base36)
	upper, _ := manifest.StringOfBase(multibase.Base32Upper)
	base58, _ := manifest.StringOfBase(multibase.Base58BTC)
	absent := publish.ManifestCID([32]byte{1}).String()
	const rawAccept, carAccept = "Accept: application/vnd.ipld.raw", "Accept: application/vnd.ipld.car"

	var all []request
	add := func(name, path, header string) { all = append(all, request{name: name, path: path, header: header}) }
	for name, c := range map[string]cid.Cid{
		"manifest": manifest, "page": page, "leaves": leaves, "directory": dir, "sharded directory": hamt,
		"dag-cbor": traversal, "a fixture": rawBlock,
	} {
		add(name+", raw", c.String()+"?format=raw", "")
		add(name+", raw by Accept", c.String(), rawAccept)
		add(name+", all", c.String()+"?format=car", "")
		add(name+", all, twice what is there twice", c.String()+"?format=car&car-dups=y", "")
		add(name+", block", c.String()+"?format=car&dag-scope=block", "")
		add(name+", entity", c.String()+"?format=car&dag-scope=entity", "")
		add(name+", entity bytes", c.String()+"?format=car&dag-scope=entity&entity-bytes=0:*", "")
		add(name+", raw range", c.String()+"?format=raw", "Range: bytes=3-40")
		add(name+", raw last", c.String()+"?format=raw", "Range: bytes=-7")
		add(name+", raw open", c.String()+"?format=raw", "Range: bytes=10-")
		add(name+", raw, known", c.String()+"?format=raw", `If-None-Match: "`+c.String()+`.raw"`)
		add(name+", raw, known weakly", c.String()+"?format=raw", `If-None-Match: W/"x", W/"`+c.String()+`.raw"`)
		add(name+", raw, another known", c.String()+"?format=raw", `If-None-Match: "x"`)
		add(name+", raw, any known", c.String()+"?format=raw", `If-None-Match: *`)
		add(name+", car, any known", c.String()+"?format=car", `If-None-Match: *`)
	}
	for name, path := range map[string]string{
		"a file": dir.String() + "/subdir/multiblock.txt", "a small file": dir.String() + "/subdir/ascii.txt",
		"a folder":             dir.String() + "/subdir",
		"a folder and a slash": dir.String() + "/subdir/", "a file in a sharded folder": hamt.String() + "/1.txt",
		"another one":          hamt.String() + "/685.txt",
		"dag-cbor in a folder": links.String() + "/document", "through dag-cbor": links.String() + "/document/files/single",
		"within dag-cbor": links.String() + "/document/files", "a page": manifest.String() + "/pages/0",
		"a submission": manifest.String() + "/pages/0/2",
		"a member":     manifest.String() + "/count", "an issuer": manifest.String() + "/pages/0/0/issuer",
		"leaves by a path": manifest.String() + "/pages/0/3/leaves",
		"traversal":        traversal.String() + "/foo", "a symlink": symlink.String() + "/bar",
		"percent": percent.String() + "/Portugal%252C+Espa%C3%B1a=Peninsula%20Ib%C3%A9rica.txt",
	} {
		add(name+", all", path+"?format=car", "")
		add(name+", all, dups", path+"?format=car&car-dups=y", "")
		add(name+", block", path+"?format=car&dag-scope=block", "")
		add(name+", entity", path+"?format=car&dag-scope=entity", "")
	}
	for _, span := range words("0:* 512:* 512:1023 512:-256 -5:* -9999:* -9999:-3 0:0 0:1000 1:1025") {
		add("entity-bytes="+span, dir.String()+"/subdir/multiblock.txt?format=car&dag-scope=entity&entity-bytes="+span, "")
	}
	add("a block is missing behind the span", gap.String()+"?format=car&dag-scope=entity&entity-bytes=0:1000", "")
	add("a block is missing before the span", gap.String()+"?format=car&dag-scope=entity&entity-bytes=2200:*", "")
	add("entity-bytes that end too far", dir.String()+"/subdir/multiblock.txt?format=car&dag-scope=entity&entity-bytes=0:9999", "")
	add("entity-bytes behind the end", dir.String()+"/subdir/multiblock.txt?format=car&dag-scope=entity&entity-bytes=5000:6000", "")
	add("entity-bytes of no length", dir.String()+"/subdir/multiblock.txt?format=car&dag-scope=entity&entity-bytes=800:-900", "")
	add("entity-bytes upside down", dir.String()+"/subdir/multiblock.txt?format=car&dag-scope=entity&entity-bytes=900:800", "")
	add("entity-bytes of letters", dir.String()+"?format=car&entity-bytes=a:b", "")
	add("entity-bytes without a colon", dir.String()+"?format=car&entity-bytes=5", "")

	add("dups=y by Accept", twice.String(), carAccept+"; version=1; order=dfs; dups=y")
	add("dups=n by Accept", twice.String(), carAccept+"; version=1; order=dfs; dups=n")
	add("any order by Accept", twice.String(), carAccept+"; version=1; order=unk")
	add("Accept with parameters, and format", twice.String()+"?format=car", carAccept+"; version=1; order=dfs; dups=y")
	add("the query decides over Accept's parameters", twice.String()+"?format=car&car-dups=n", carAccept+"; dups=y")
	add("format decides over Accept", manifest.String()+"?format=raw", carAccept)
	add("format decides over Accept, the other way", manifest.String()+"?format=car", rawAccept)
	add("several in Accept", manifest.String(), "Accept: text/html, application/vnd.ipld.raw;q=0.5, application/vnd.ipld.car")
	add("a wildcard beside it", manifest.String(), "Accept: application/vnd.ipld.raw, */*")
	add("a name", manifest.String()+"?format=raw&filename=foobar.bin", "")
	add("a name in Portuguese", manifest.String()+"?format=car&filename=Certid%C3%A3o%22%0d.car", "")
	add("version 1", manifest.String()+"?format=car&car-version=1", "")
	add("version 2", manifest.String()+"?format=car&car-version=2", "")
	add("version 2 by Accept", manifest.String(), carAccept+"; version=2")
	add("another order", manifest.String()+"?format=car&car-order=bfs", "")
	add("dups=maybe", manifest.String()+"?format=car&car-dups=maybe", "")
	add("another scope", manifest.String()+"?format=car&dag-scope=most", "")
	add("the probe", "bafkqaaa?format=raw", "")
	add("the probe by Accept", "bafkqaaa", rawAccept)
	add("the probe as CAR", "bafkqaaa?format=car", "")
	add("identity, raw", identity+"?format=raw", "")
	add("identity, CAR", identity+"?format=car", "")
	add("identity, CAR, dups=y", identity, carAccept+"; dups=y")
	add("base36", base36+"?format=raw", "")
	add("upper case", upper+"?format=raw", "")
	add("base58", base58+"?format=car", "")
	add("a CIDv0", cid.NewCidV0(dir.Hash()).String()+"?format=raw", "")
	add("another codec", cid.NewCidV1(cid.Raw, manifest.Hash()).String()+"?format=raw", "")
	add("not there", absent+"?format=raw", "")
	add("not there, CAR", absent+"?format=car", "")
	add("not there, but known", absent+"?format=raw", `If-None-Match: "`+absent+`.raw"`)
	add("no CID", "hello?format=raw", "")
	add("half a CID", manifest.String()[:30]+"?format=raw", "")
	add("a raw block on a path", dir.String()+"/subdir?format=raw", "")
	add("no format at all", manifest.String(), "")
	add("a browser", manifest.String(), "Accept: text/html,*/*")
	add("unpacked", dir.String()+"/subdir/ascii.txt", "Accept: text/plain")
	add("a tar", dir.String()+"?format=tar", "")
	add("JSON", manifest.String()+"?format=dag-json", "")
	add("another format", manifest.String()+"?format=zip", "")
	add("Accept that cannot be read", manifest.String(), rawAccept+"; =")
	add("a path that leads nowhere", two.String()+"/subdir/i-do-not-exist?format=car", "")
	add("cached", manifest.String()+"?format=raw", "Cache-Control: only-if-cached")
	add("not cached", absent+"?format=raw", "Cache-Control: only-if-cached")
	add("a range too far", manifest.String()+"?format=raw", "Range: bytes=9000000-")
	add("two ranges", manifest.String()+"?format=raw", "Range: bytes=0-1,4-5")
	add("a range of nonsense", manifest.String()+"?format=raw", "Range: bytes=x")
	add("a range of a CAR", manifest.String()+"?format=car", "Range: bytes=0-9")
	return all
}

// TestBeside makes the same requests of our gateway and of boxo's, which have the same
// blocks, and compares what they say.
func TestBeside(t *testing.T) {
	m := memory{}
	all := requests(t, m)
	our, their := ours(t, m), theirs(t, m)
	for _, r := range all {
		header := http.Header{}
		if name, value, ok := strings.Cut(r.header, ": "); ok {
			header.Set(name, value)
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			t.Run(r.name+"/"+method, func(t *testing.T) {
				a, b := ask(t, method, our.URL+"/ipfs/"+r.path, header), ask(t, method, their.URL+"/ipfs/"+r.path, header)
				if reason := reasonFor(r.name); reason != "" {
					if method == http.MethodGet && a.status == b.status && bytes.Equal(a.body, b.body) {
						t.Errorf("not different any more: %s", reason)
					}
					return
				}
				if a.status != b.status {
					t.Fatalf("status %d, boxo says %d: %.200q beside %.200q", a.status, b.status, a.body, b.body)
				}
				if a.status >= 400 {
					if a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
						t.Errorf("content type %s", a.header.Get("Content-Type"))
					}
					if method == http.MethodGet && (len(a.body) < 10 ||
						a.status != http.StatusRequestedRangeNotSatisfiable && a.header.Get("Cache-Control") != "no-store") {
						t.Errorf("%q, %v", a.body, a.header)
					}
					return
				}
				if !bytes.Equal(a.body, b.body) {
					t.Errorf("%d bytes, boxo sends %d", len(a.body), len(b.body))
				}
				for _, name := range specified {
					if skipped(name, method, a) {
						continue
					}
					x, y := a.header.Get(name), b.header.Get(name)
					if x != y && !tagOfCAR(name, x, y) {
						t.Errorf("%s: %q, boxo says %q", name, x, y)
					}
				}
			})
		}
	}
}

// skipped reports whether a header is not compared: of a 304 only those that it must have count
// (section 15.4.5 of RFC 9110), and how long a CAR is need not be known before it is made.
func skipped(name, method string, a answer) bool {
	if a.status == http.StatusNotModified {
		return name != "Etag" && name != "Cache-Control"
	}
	return name == "Content-Length" && method == http.MethodHead && strings.HasPrefix(a.header.Get("Content-Type"), "application/vnd.ipld.car")
}

// tagOfCAR reports whether both are weak entity tags of CARs of the same root.
func tagOfCAR(name, a, b string) bool {
	return name == "Etag" && strings.HasPrefix(a, `W/"`) && strings.Contains(a, ".car.") &&
		strings.SplitAfter(a, ".car.")[0] == strings.SplitAfter(b, ".car.")[0]
}
