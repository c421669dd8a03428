package verifier_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func sum(t testing.TB, text string, form credential.Form, hash string) cid.Cid {
	t.Helper()
	c, err := credential.Sum(strings.NewReader(text), form, hash)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pointer(t testing.TB, leaf, salt verifier.Hash, next cid.Cid) []verifier.StatusItem {
	t.Helper()
	items, err := verifier.Pointer(leaf, salt, next)
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 2 || merkle.Compare(items[0].ID, items[1].ID) >= 0 {
		t.Fatalf("a pointer of %v is not two items, ascending", items)
	}
	return items
}

// A pointer leads to the CID that it was made of, for whoever has the salt.
func TestPointer(t *testing.T) {
	leaf, salt := merkle.Keccak256([]byte("leaf")), merkle.Keccak256([]byte("salt"))
	own := verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked}
	for _, form := range []credential.Form{credential.FormRaw, credential.FormJCS} {
		next := sum(t, `{"a":1}`, form, "")
		items := append(pointer(t, leaf, salt, next), own)
		if got, ok := verifier.ReplacedBy(items, leaf, salt); !ok || !got.Equals(next) {
			t.Errorf("%s: a pointer to %s leads to %s", form, next, got)
		}
		slices.Reverse(items)
		if got, ok := verifier.ReplacedBy(items, leaf, salt); !ok || !got.Equals(next) {
			t.Errorf("%s: in another order a pointer to %s leads to %s", form, next, got)
		}
		if got, _ := verifier.ReplacedBy(items, leaf, merkle.Keccak256([]byte("another"))); got.Equals(next) {
			t.Errorf("%s: a pointer is read without its salt", form)
		}
		for _, item := range items[:2] {
			if bytes.Contains(next.Hash(), item.ID[16:20]) {
				t.Errorf("%s: the id %s shows the digest", form, item.ID)
			}
		}
		if rest := verifier.WithoutPointers(items, salt, leaf); !slices.Equal(rest, []verifier.StatusItem{own}) {
			t.Errorf("%s: without the pointer there are %v", form, rest)
		}
		if rest := verifier.WithoutPointers(items, salt); !slices.Equal(rest, items) {
			t.Errorf("%s: without the pointers of another there are %v", form, rest)
		}
	}
	for _, hash := range credential.Hashes()[1:] {
		if _, err := verifier.Pointer(leaf, salt, sum(t, "a", credential.FormRaw, hash)); !errors.Is(err, verifier.ErrNoPointer) {
			t.Errorf("a pointer to a CID of %s: %v", hash, err)
		}
	}
}

// replacedBy verifies a credential under a status list that items are added to.
func replacedBy(g *good, items ...verifier.StatusItem) *verifier.Report {
	g.setStatus(append(items, verifier.StatusItem{ID: merkle.Keccak256([]byte("r")), Code: verifier.StatusRevoked})...)
	g.refresh()
	return g.verify()
}

func TestReplaced(t *testing.T) {
	g := newGood(t)
	next := sum(t, `{"corrected":true}`, credential.FormJCS, "")
	leaf, salt := g.proof.Leaf(), g.proof.Salt
	items := append(pointer(t, leaf, salt, next), verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked})
	report := replacedBy(g, items...)
	want := "the credential is revoked and replaced by " + next.String() + ", as of "
	if got := report.Result(verifier.CheckStatus); report.Verdict != verifier.Invalid || got.Result != verifier.Fail ||
		!strings.HasPrefix(got.Detail, want) || report.ReplacedBy != next.String() {
		t.Fatalf("replaced by %q: %s", report.ReplacedBy, describe(report))
	}
	// As many entries as a proof may have, and they survive both of its forms.
	if n := len(g.proof.Anchors[0].Status); n != verifier.MaxStatusEntries {
		t.Errorf("it is shown by %d entries", n)
	}
	for name, read := range map[string]func() (*verifier.Proof, error){
		"JSON": func() (*verifier.Proof, error) { return parseProof(g.encode()) },
		"CBOR": func() (*verifier.Proof, error) {
			data, err := g.proof.EncodeCBOR()
			if err != nil {
				return nil, err
			}
			return parseProofCBOR(data)
		},
	} {
		p, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g.proof = p
		if report := g.verify(); report.ReplacedBy != next.String() {
			t.Errorf("%s: replaced by %q: %s", name, report.ReplacedBy, describe(report))
		}
	}
	// What is too old may have been taken back: nothing is said in the report.
	g.now = g.now.Add(2 * verifier.DefaultMaxStatusAge)
	if report := g.verify(); report.Verdict != verifier.VerdictUnknown || report.ReplacedBy != "" {
		t.Errorf("replaced by %q, long ago: %s", report.ReplacedBy, describe(report))
	}
}

// A pointer that is not whole, not of this credential or not beside its revocation is not read,
// and never makes the verdict better or worse than it is without it.
func TestHostilePointers(t *testing.T) {
	g := newGood(t)
	leaf, salt, root := g.proof.Leaf(), g.proof.Salt, g.submissionRoot()
	next := sum(t, `{"corrected":true}`, credential.FormJCS, "")
	other := merkle.Keccak256([]byte("other leaf"))
	whole := pointer(t, leaf, salt, next)
	second := pointer(t, leaf, salt, sum(t, `{"b":1}`, credential.FormJCS, ""))
	revoked := verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked}
	code := func(item verifier.StatusItem, code uint8) verifier.StatusItem { item.Code = code; return item }
	with := func(items ...verifier.StatusItem) []verifier.StatusItem { return append(items, revoked) }
	// The halves with each other's second half.
	swapped := slices.Clone(whole)
	copy(swapped[0].ID[16:], whole[1].ID[16:])
	copy(swapped[1].ID[16:], whole[0].ID[16:])
	const invalid, valid, unknown = verifier.Invalid, verifier.Valid, verifier.VerdictUnknown
	zeros := oddCID(t, make([]byte, 32))
	submission := func(code uint8) verifier.StatusItem { return verifier.StatusItem{ID: root, Code: code} }
	digest, err := multihash.Decode(g.proof.Credential.Hash())
	if err != nil {
		t.Fatal(err)
	}
	sameDigest, otherRevoked := oddCID(t, digest.Digest), verifier.StatusItem{ID: other, Code: verifier.StatusRevoked}
	for name, c := range map[string]struct {
		items   []verifier.StatusItem
		verdict verifier.Verdict
		by      string // what the report says, "*" for any CID that is not next
	}{
		"nothing":                                  {with(), invalid, ""},
		"whole":                                    {with(whole...), invalid, next.String()},
		"the first half":                           {with(whole[0]), invalid, ""},
		"the second half":                          {with(whole[1]), invalid, ""},
		"halves with two codes":                    {with(whole[0], code(whole[1], verifier.StatusReplacedRaw)), invalid, ""},
		"halves of two pointers":                   {with(whole[0], second[1]), invalid, "*"},
		"halves that were swapped":                 {with(swapped...), invalid, "*"},
		"two pointers":                             {with(slices.Concat(whole, second)...), invalid, ""},
		"a half twice":                             {with(whole[0], whole[1], second[0]), invalid, ""},
		"the code of a revocation":                 {with(code(whole[0], 2), code(whole[1], 2)), invalid, ""},
		"a code that is not known":                 {with(code(whole[0], 5), code(whole[1], 5)), invalid, ""},
		"of another leaf":                          {with(pointer(t, other, salt, next)...), invalid, ""},
		"of another leaf, which is revoked":        {with(append(pointer(t, other, salt, next), otherRevoked)...), invalid, ""},
		"of the submission's root":                 {with(pointer(t, root, salt, next)...), invalid, ""},
		"hidden by another salt":                   {with(pointer(t, leaf, other, next)...), invalid, "*"},
		"to the credential itself":                 {with(pointer(t, leaf, salt, g.proof.Credential)...), invalid, ""},
		"to zeros":                                 {with(pointer(t, leaf, salt, zeros)...), invalid, zeros.String()},
		"to the same digest in another form":       {with(pointer(t, leaf, salt, sameDigest)...), invalid, sameDigest.String()},
		"without a revocation":                     {whole, valid, ""},
		"beside a suspension":                      {append(slices.Clone(whole), code(revoked, 1)), invalid, ""},
		"beside a code that is not known":          {append(slices.Clone(whole), code(revoked, 9)), unknown, ""},
		"as the code of the leaf, json-jcs":        {[]verifier.StatusItem{code(revoked, 3)}, unknown, ""},
		"as the code of the leaf, raw":             {append(slices.Clone(whole), code(revoked, 4)), unknown, ""},
		"as the code of the submission":            {[]verifier.StatusItem{submission(3)}, unknown, ""},
		"beside a revocation of the submission":    {append(slices.Clone(whole), submission(2)), invalid, ""},
		"whole, and the submission revoked":        {with(append(slices.Clone(whole), submission(2))...), invalid, next.String()},
		"whole, and the submission is not known":   {with(append(slices.Clone(whole), submission(9))...), invalid, next.String()},
		"whole, in a list with a neighbour's, too": {with(slices.Concat(whole, pointer(t, other, salt, next))...), invalid, next.String()},
	} {
		t.Run(name, func(t *testing.T) {
			report := replacedBy(g, c.items...)
			if n := len(g.proof.Anchors[0].Status); n > verifier.MaxStatusEntries {
				t.Fatalf("a proof would show %d entries", n)
			}
			odd := c.by == "*" && report.ReplacedBy != "" && report.ReplacedBy != next.String()
			if report.Verdict != c.verdict || !odd && report.ReplacedBy != c.by {
				t.Errorf("%q instead of %q: %s", report.ReplacedBy, c.by, describe(report))
			}
			if strings.Contains(report.Result(verifier.CheckStatus).Detail, "replaced") != (report.ReplacedBy != "") {
				t.Errorf("the report and its words differ: %s", describe(report))
			}
			// What a proof shows of its own accord, beyond what the list would have it show.
			for _, item := range c.items {
				e, err := g.list.Entry(item.ID)
				if err != nil {
					t.Fatal(err)
				}
				a := &g.proof.Anchors[0]
				has := slices.ContainsFunc(a.Status, func(s verifier.StatusEntry) bool { return s.ID == e.ID })
				if !has && len(a.Status) < verifier.MaxStatusEntries {
					a.Status = append(a.Status, e)
				}
			}
			slices.Reverse(g.proof.Anchors[0].Status)
			again := g.verify()
			if again.Verdict != report.Verdict && (report.Verdict != verifier.Valid || again.Verdict != verifier.VerdictUnknown) {
				t.Errorf("with all entries shown: %s", describe(again))
			}
		})
	}
	// A pointer in the proof alone, which no list has.
	replacedBy(g, revoked)
	a := &g.proof.Anchors[0]
	for _, item := range whole {
		a.Status = append(a.Status, verifier.StatusEntry{ID: item.ID, Code: item.Code, Next: a.Status[0].Next, Path: a.Status[0].Path})
	}
	if report := g.verify(); report.Verdict != verifier.Invalid || report.ReplacedBy != "" {
		t.Errorf("a pointer that no list has: %s", describe(report))
	}
}

// oddCID is a raw CID with a digest that no document is known to have.
func oddCID(t testing.TB, digest []byte) cid.Cid {
	t.Helper()
	name, err := multihash.Encode(digest, multihash.SHA2_256)
	if err != nil {
		t.Fatal(err)
	}
	return cid.NewCidV1(cid.Raw, name)
}

// Where leaf and root need an entry each, or a gap begins at a half of the pointer, every entry is
// there once; and who is good beside a pointer shows nothing of it but gaps.
func TestEntriesBesidePointers(t *testing.T) {
	counts := make(map[int]int)
	for i := range byte(64) {
		leaf, salt, root := merkle.Keccak256([]byte{i}), merkle.Keccak256([]byte("salt")), merkle.Keccak256([]byte("root"), []byte{i})
		next := oddCID(t, bytes.Repeat([]byte{i}, 32))
		items := append(pointer(t, leaf, salt, next), verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked})
		if i%3 == 0 {
			items = append(items, verifier.StatusItem{ID: root, Code: verifier.StatusSuspended})
		}
		slices.SortFunc(items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
		list, err := verifier.NewStatusList(items)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := list.Entries(leaf, root)
		if err != nil {
			t.Fatal(err)
		}
		counts[len(entries)]++
		shown := make(map[verifier.Hash]bool)
		for _, e := range entries {
			if shown[e.ID] || merkle.Root(verifier.StatusLeaf(e.ID, e.Code, e.Next), e.Path) != list.Root() {
				t.Errorf("the entry of %s is there twice, or not of the list", e.ID)
			}
			shown[e.ID] = true
		}
		for _, item := range items {
			if !shown[item.ID] {
				t.Errorf("the entry of %s is not shown", item.ID)
			}
		}
		good, err := list.Entries(merkle.Keccak256([]byte("good"), []byte{i}), root)
		if err != nil || len(good) > 2 {
			t.Errorf("%d entries of what is good, %v", len(good), err)
		}
	}
	if counts[4] == 0 || counts[3] == 0 || len(counts) != 2 {
		t.Errorf("the numbers of entries were %v", counts)
	}
}

// Lists of two chains are put together with their pointers. Where both name another replacement
// for one leaf, none is named, and the leaf stays revoked.
func TestMergePointers(t *testing.T) {
	leaf, salt := merkle.Keccak256([]byte("leaf")), merkle.Keccak256([]byte("salt"))
	list := func(next string) []verifier.StatusItem {
		items := pointer(t, leaf, salt, sum(t, next, credential.FormRaw, ""))
		return verifier.MergeStatusItems(items, []verifier.StatusItem{{ID: leaf, Code: verifier.StatusRevoked}})
	}
	suspended := []verifier.StatusItem{{ID: leaf, Code: verifier.StatusSuspended}}
	for name, c := range map[string]struct {
		a, b []verifier.StatusItem
		want bool
	}{
		"one alone":               {list("a"), nil, true},
		"the same":                {list("a"), list("a"), true},
		"beside a suspension":     {list("a"), suspended, true},
		"two that are different":  {list("a"), list("b"), false},
		"neither, only suspended": {suspended, suspended, false},
	} {
		for _, merged := range [][]verifier.StatusItem{verifier.MergeStatusItems(c.a, c.b), verifier.MergeStatusItems(c.b, c.a)} {
			by, ok := verifier.ReplacedBy(merged, leaf, salt)
			if ok != c.want || ok && !by.Equals(sum(t, "a", credential.FormRaw, "")) {
				t.Errorf("%s: replaced by %s, %v", name, by, ok)
			}
		}
	}
}

// Reading a pointer never fails in another way than by not being one, and what is read is
// what would be written.
func FuzzReplacedBy(f *testing.F) {
	leaf, salt := merkle.Keccak256([]byte("leaf")), merkle.Keccak256([]byte("salt"))
	record := func(items ...verifier.StatusItem) (data []byte) {
		for _, item := range items {
			data = append(append(data, item.ID[:]...), item.Code)
		}
		return data
	}
	revoked := verifier.StatusItem{ID: leaf, Code: verifier.StatusRevoked}
	whole := pointer(f, leaf, salt, sum(f, "{}", credential.FormJCS, ""))
	f.Add(record(append(whole, revoked)...))
	f.Add(record(whole...))
	f.Add(record(revoked, whole[0], whole[0]))
	f.Add(record(append(pointer(f, leaf, salt, sum(f, "{}", credential.FormRaw, "")), revoked)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		var items []verifier.StatusItem
		for ; len(data) > merkle.Size; data = data[merkle.Size+1:] {
			items = append(items, verifier.StatusItem{ID: verifier.Hash(data[:merkle.Size]), Code: data[merkle.Size]})
		}
		next, ok := verifier.ReplacedBy(items, leaf, salt)
		if !ok {
			return
		}
		if _, err := credential.CIDFromBytes(next.Bytes()); err != nil {
			t.Fatal(err)
		}
		for _, item := range append(pointer(t, leaf, salt, next), revoked) {
			if !slices.Contains(items, item) {
				t.Fatalf("%s is read, and %v is not there", next, item)
			}
		}
		slices.SortFunc(items, func(a, b verifier.StatusItem) int { return merkle.Compare(a.ID, b.ID) })
		list, err := verifier.NewStatusList(slices.Compact(items))
		if err != nil {
			return
		}
		entries, err := list.Entries(leaf, salt)
		if err != nil {
			t.Fatal(err)
		}
		shown := make([]verifier.StatusItem, len(entries))
		for i, e := range entries {
			shown[i] = verifier.StatusItem{ID: e.ID, Code: e.Code}
		}
		if again, _ := verifier.ReplacedBy(shown, leaf, salt); !again.Equals(next) || len(entries) > verifier.MaxStatusEntries {
			t.Fatalf("%d entries lead to %s, the list to %s", len(entries), again, next)
		}
	})
}
