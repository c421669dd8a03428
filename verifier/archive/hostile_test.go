package archive_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

// parts are an archive of one group, taken apart as docs/archive.md describes it.
type parts struct {
	magic, nodes, index, rows, ends, names []byte
	groups                                 uint32
	count                                  uint32 // of credentials
	width, steps                           byte
	namesLen, sharedLen                    uint32
	shared                                 []byte
	after                                  []byte // status lists
	tail                                   uint32
	fixTail                                bool
}

// takeApart splits an archive whose tree has the given number of stored nodes.
func takeApart(t testing.TB, data []byte, stored int) *parts {
	t.Helper()
	p := &parts{fixTail: true}
	p.tail = binary.BigEndian.Uint32(data[len(data)-4:])
	head := data[len(data)-4-int(p.tail) : len(data)-4]
	p.groups, p.count = binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	p.width, p.steps = head[8], head[9]
	p.namesLen, p.sharedLen = binary.BigEndian.Uint32(head[10:]), binary.BigEndian.Uint32(head[14:])
	p.shared, p.after = head[18:18+p.sharedLen], head[18+p.sharedLen:]
	n, row := int(p.count), int(p.width)+32
	if p.steps > 0 {
		row += 1 + 32*int(p.steps)
	}
	rest := bytes.Clone(data)
	cut := func(n int) []byte {
		b := rest[:n:n]
		rest = rest[n:]
		return b
	}
	p.magic, p.nodes, p.index, p.rows = cut(16), cut(32*stored), cut(4*n), cut(row*n)
	if p.namesLen > 0 {
		p.ends, p.names = cut(4*n), cut(int(p.namesLen))
	}
	p.shared, p.after = bytes.Clone(p.shared), bytes.Clone(p.after)
	return p
}

func (p *parts) join() []byte {
	head := binary.BigEndian.AppendUint32(nil, p.groups)
	head = binary.BigEndian.AppendUint32(head, p.count)
	head = append(head, p.width, p.steps)
	head = binary.BigEndian.AppendUint32(head, p.namesLen)
	head = binary.BigEndian.AppendUint32(head, p.sharedLen)
	head = slices.Concat(head, p.shared, p.after)
	if p.fixTail {
		p.tail = uint32(len(head))
	}
	return slices.Concat(p.magic, p.nodes, p.index, p.rows, p.ends, p.names, head, binary.BigEndian.AppendUint32(nil, p.tail))
}

// readAll does with an archive whatever can be done, and returns the first error.
func readAll(data []byte) error {
	a, err := archive.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, g := range a.Groups() {
		if _, err := g.AppendLeaves(nil); err != nil {
			return err
		}
	}
	for e, err := range a.Entries(0, a.Len()) {
		if err != nil {
			return err
		}
		if _, err := a.Find(e.Proof.Credential); err != nil {
			return err
		}
		if e.Index%97 == 0 {
			if _, err := a.Proof(e.Index); err != nil {
				return err
			}
		}
		text, err := e.Proof.Encode()
		if err != nil {
			return err
		}
		if _, err := verifier.ParseProof(text); err != nil {
			return err
		}
	}
	return nil
}

func swap(b []byte, i, j, size int) {
	x := bytes.Clone(b[i*size : (i+1)*size])
	copy(b[i*size:(i+1)*size], b[j*size:(j+1)*size])
	copy(b[j*size:], x)
}

// Each damage or lie is told, as what it is, and nothing panics.
func TestHostile(t *testing.T) {
	const n, stored = 3000, 7 // 2 levels of 3000 leaves
	all := some(t, n, true)
	done, pending := shared(n, true), shared(n, false)
	good := write(t, []*archive.Set{setOf(t, all)}, []archive.Shared{{Proof: &done}})
	if err := readAll(takeApart(t, good, stored).join()); err != nil {
		t.Fatal("the good one: ", err)
	}
	put := binary.BigEndian.PutUint32
	tests := []struct {
		name, want string
		change     func(p *parts)
	}{
		{"another magic", "does not begin as one", func(p *parts) { p.magic[0]++ }},
		{"a later version", "newer program", func(p *parts) { p.magic[15]++ }},
		{"head longer than the file", "breaks off", func(p *parts) { p.tail, p.fixTail = 1<<26, false }},
		{"head of no length", "breaks off", func(p *parts) { p.tail, p.fixTail = 0, false }},
		{"head one byte short", "", func(p *parts) { p.tail, p.fixTail = p.tail-1, false }},
		{"head one byte long", "", func(p *parts) { p.tail, p.fixTail = p.tail+1, false }},
		{"head beyond all measure", "breaks off", func(p *parts) { p.tail, p.fixTail = 1<<32-1, false }},
		{"no group", "0 groups", func(p *parts) { p.groups = 0 }},
		{"a group too many", "head breaks off", func(p *parts) { p.groups = 2 }},
		{"groups beyond all measure", "groups in a head", func(p *parts) { p.groups = 1<<32 - 1 }},
		{"no credential", "0 credentials", func(p *parts) { p.count = 0 }},
		{"fewer credentials", "submission of 3000", func(p *parts) { p.count-- }},
		{"more credentials", "submission of 3000", func(p *parts) { p.count++ }},
		{"credentials beyond all measure", "too many", func(p *parts) { p.count = 1<<32 - 1 }},
		{"narrow rows", "bytes for a CID", func(p *parts) { p.width = 35 }},
		{"wide rows", "bytes for a CID", func(p *parts) { p.width = 136 }},
		{"wider rows", "too short", func(p *parts) { p.width++ }},
		{"steps in a whole submission", "submission of 3000", func(p *parts) { p.steps = 12 }},
		{"more names", "too short", func(p *parts) { p.namesLen++ }},
		{"fewer names", "belong to nothing", func(p *parts) { p.namesLen-- }},
		{"no names", "belong to nothing", func(p *parts) { p.namesLen = 0 }},
		{"names beyond all measure", "too many", func(p *parts) { p.namesLen = 1<<32 - 1 }},
		{"shared longer than the head", "head breaks off", func(p *parts) { p.sharedLen = uint32(len(p.shared)) + 1000 }},
		{"shared beyond all measure", "too many", func(p *parts) { p.sharedLen = 1<<32 - 1 }},
		{"nothing shared", "what is shared", func(p *parts) { p.sharedLen, p.shared = 0, nil }},
		{"shared cut", "what is shared", func(p *parts) { p.sharedLen, p.shared = p.sharedLen-2, p.shared[:len(p.shared)-2] }},
		{"shared in other white space", "not written as", func(p *parts) { p.shared[len(p.shared)-1] = ' ' }},
		{"shared with another salt", "not that of the submission", func(p *parts) {
			at := bytes.Index(p.shared, []byte(`"salt": "0x`)) + 11
			p.shared[at] ^= 1
		}},
		{"a status list that is not there", "head breaks off", func(p *parts) { put(p.after, 1) }},
		{"a status list beyond all measure", "head breaks off", func(p *parts) { put(p.after, 1<<32-2) }},
		{"a status list that was not used", "not the proof of the first", func(p *parts) { put(p.after, 0) }},
		{"a status list out of order", "ids ascend", func(p *parts) {
			item := append(slices.Repeat([]byte{7}, 32), verifier.StatusRevoked)
			p.after = slices.Concat([]byte{0, 0, 0, 2}, item, item, p.after[4:])
		}},
		{"a status list with code 0", "code 0", func(p *parts) {
			p.after = slices.Concat([]byte{0, 0, 0, 1}, append(slices.Repeat([]byte{7}, 32), 0), p.after[4:])
		}},
		{"a list too many", "belong to nothing", func(p *parts) { p.after = append(p.after, 0xff, 0xff, 0xff, 0xff) }},
		{"another root", "stored node 0", func(p *parts) { p.nodes[0] ^= 1 }},
		{"another stored node", "stored node 0", func(p *parts) { p.nodes[33] ^= 1 }},
		{"another node of the last level", "stored node", func(p *parts) { p.nodes[6*32] ^= 1 }},
		{"index beyond the rows", "index names", func(p *parts) {
			for i := range n {
				put(p.index[4*i:], n)
			}
		}},
		{"index of one row", "index is out of order", func(p *parts) {
			for i := range n {
				put(p.index[4*i:], 1234)
			}
		}},
		{"index of few rows", "index is out of order", func(p *parts) {
			for i := range n {
				copy(p.index[4*i:4*i+4], p.index[4*(i/100*100):])
			}
		}},
		{"index that descends", "index is out of order", func(p *parts) {
			for i := range n / 2 {
				swap(p.index, i, n-1-i, 4)
			}
		}},
		{"index by row", "index is out of order", func(p *parts) {
			for i := range n {
				put(p.index[4*i:], uint32(i))
			}
		}},
		{"index with a row twice", "index is out of order", func(p *parts) { copy(p.index[4*777:4*778], p.index[4*776:]) }},
		{"index with neighbours swapped", "index is out of order", func(p *parts) { swap(p.index, 40, 41, 4) }},
		{"a CID changed", "", func(p *parts) { p.rows[2000*68+20] ^= 1 }},
		{"a salt changed", "", func(p *parts) { p.rows[2000*68+60] ^= 1 }},
		{"the first salt changed", "", func(p *parts) { p.rows[60] ^= 1 }},
		{"the last salt changed", "", func(p *parts) { p.rows[2999*68+60] ^= 1 }},
		{"two rows swapped", "before", func(p *parts) { swap(p.rows, 1500, 1501, 68) }},
		{"distant rows swapped", "before", func(p *parts) { swap(p.rows, 5, 2500, 68) }},
		{"a row twice", "twice", func(p *parts) { copy(p.rows[700*68:701*68], p.rows[701*68:702*68]) }},
		{"a CID of another version", "", func(p *parts) { p.rows[1000*68] = 2 }},
		{"a digest cut", "followed by something", func(p *parts) { p.rows[1000*68+3] = 31 }},
		{"a digest too long", "CID breaks off", func(p *parts) { p.rows[1000*68+3] = 33 }},
		{"a varint without end", "CID breaks off", func(p *parts) { copy(p.rows[1000*68:], slices.Repeat([]byte{0xff}, 36)) }},
		{"names that go back", "out of order", func(p *parts) { put(p.ends[4*1000:], 3) }},
		{"a name too long", "out of order", func(p *parts) { put(p.ends[4*1000:], 5000+binary.BigEndian.Uint32(p.ends[4*999:])) }},
		{"names beyond their end", "out of order", func(p *parts) { put(p.ends[4*2999:], 1<<31) }},
		{"a name of no credential", "belong to no credential", func(p *parts) { put(p.ends[4*2999:], binary.BigEndian.Uint32(p.ends[4*2998:])) }},
		{"a name that climbs", "not a path inside", func(p *parts) {
			at := bytes.Index(p.names, []byte("class/"))
			copy(p.names[at:], "../../")
		}},
		{"an absolute name", "not a path inside", func(p *parts) { p.names[bytes.Index(p.names, []byte("class/"))] = '/' }},
		{"a name that is no text", "not a path inside", func(p *parts) { p.names[bytes.Index(p.names, []byte("class/"))] = 0xff }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := takeApart(t, good, stored)
			test.change(p)
			err := readAll(p.join())
			if err == nil {
				t.Fatal("nobody noticed")
			}
			if !errors.Is(err, archive.ErrNotArchive) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q in it", err, test.want)
			}
		})
	}

	small := write(t, []*archive.Set{setOf(t, all[:30])},
		[]archive.Shared{{Proof: func() *verifier.Proof { p := pending; p.Submission.Count = 30; return &p }()}})
	for cut := range small {
		if err := readAll(small[:cut]); !errors.Is(err, archive.ErrNotArchive) {
			t.Fatalf("cut to %d of %d bytes: %v", cut, len(small), err)
		}
	}
	for _, after := range []string{"\x00", "\x00\x00\x00\x00", "more", string(small)} {
		if err := readAll(append(bytes.Clone(small), after...)); !errors.Is(err, archive.ErrNotArchive) {
			t.Fatalf("followed by %d bytes: %v", len(after), err)
		}
	}
}

// A part of a submission has its paths stored, and they are read strictly.
func TestHostilePaths(t *testing.T) {
	all := some(t, 21, false)
	p := shared(len(all), true)
	var c archive.Collection
	for _, data := range proofsOf(t, all, p, nil)[:11] {
		proof, err := verifier.ParseProof(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Add(proof, ""); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	if err := errors.Join(c.Write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	const row = 36 + 32 + 1 + 5*32
	for name, test := range map[string]struct {
		want   string
		change func(p *parts)
	}{
		"a long path":            {"steps in a row", func(p *parts) { p.rows[5*row+68] = 6 }},
		"a path cut":             {"followed by something", func(p *parts) { p.rows[5*row+68] = 2 }},
		"rows swapped":           {"before", func(p *parts) { swap(p.rows, 5, 6, row) }},
		"a row twice":            {"twice", func(p *parts) { copy(p.rows[5*row:6*row], p.rows[6*row:7*row]) }},
		"steps beyond measure":   {"steps for a path", func(p *parts) { p.steps = 65 }},
		"called whole":           {"submission of 21", func(p *parts) { p.steps = 0 }},
		"the first one's path":   {"first credential", func(p *parts) { p.rows[68+1] ^= 1 }},
		"more than there can be": {"submission of 21", func(p *parts) { p.count = 22 }},
	} {
		t.Run(name, func(t *testing.T) {
			p := takeApart(t, out.Bytes(), 0)
			test.change(p)
			if err := readAll(p.join()); !errors.Is(err, archive.ErrNotArchive) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q in it", err, test.want)
			}
		})
	}
}

// An index that is out of order where it is read is no reason to say that a credential
// is not there, and equal CIDs stand in the order of their rows.
func TestHostileIndex(t *testing.T) {
	for name, test := range map[string]struct {
		count  int
		change func(p *parts)
		cid    int // of the credential looked for, as it stands in the good index
	}{
		"one row of two, lower":  {2, func(p *parts) { copy(p.index[4:8], p.index[:4]) }, 1},
		"one row of two, higher": {2, func(p *parts) { copy(p.index[:4], p.index[4:8]) }, 0},
		"one row of 3000": {3000, func(p *parts) {
			for i := range 3000 {
				copy(p.index[4*i:4*i+4], p.index[4*999:])
			}
		}, 1000},
		// 1499 is read first, then 749 or 2249.
		"far ones above swapped":       {3000, func(p *parts) { swap(p.index, 749, 1499, 4) }, 100},
		"far ones below swapped":       {3000, func(p *parts) { swap(p.index, 1499, 2249, 4) }, 2900},
		"swapped with the next":        {3000, func(p *parts) { swap(p.index, 40, 41, 4) }, 40},
		"swapped with the one before":  {3000, func(p *parts) { swap(p.index, 39, 40, 4) }, 40},
		"equal ones in another order":  {3000, func(p *parts) { swap(p.index, 2000, 2001, 4) }, 2000},
		"an equal one twice":           {3000, func(p *parts) { copy(p.index[4*2001:4*2002], p.index[4*2000:]) }, 2001},
		"the last of equal ones twice": {3000, func(p *parts) { copy(p.index[4*2002:4*2003], p.index[4*2001:]) }, 2001},
	} {
		t.Run(name, func(t *testing.T) {
			all := some(t, test.count, false)
			slices.SortFunc(all, func(a, b given) int { return bytes.Compare(a.cid.Bytes(), b.cid.Bytes()) })
			if test.count > 2001 {
				all[2001].cid = all[2000].cid
			}
			p := shared(test.count, false)
			stored := 1
			if test.count == 3000 {
				stored = 7
			}
			taken := takeApart(t, write(t, []*archive.Set{setOf(t, all)}, []archive.Shared{{Proof: &p}}), stored)
			if _, err := open(t, taken.join()).Find(all[test.cid].cid); err != nil {
				t.Fatal("the good one: ", err)
			}
			test.change(taken)
			found, err := open(t, taken.join()).Find(all[test.cid].cid)
			if !errors.Is(err, archive.ErrNotArchive) || !strings.Contains(err.Error(), "index is out of order") {
				t.Fatalf("found %v, %v", found, err)
			}
		})
	}
}

// A reader that fails is not taken for a damaged archive.
func TestReaderFails(t *testing.T) {
	all := some(t, 5, false)
	p := shared(len(all), false)
	data := write(t, []*archive.Set{setOf(t, all)}, []archive.Shared{{Proof: &p}})
	broken := errors.New("the disk is on fire")
	for calls := range 4 {
		_, err := archive.Open(&failing{bytes.NewReader(data), calls, broken}, int64(len(data)))
		if !errors.Is(err, broken) || errors.Is(err, archive.ErrNotArchive) {
			t.Errorf("failing after %d reads: %v", calls, err)
		}
	}
}

type failing struct {
	io.ReaderAt
	calls int
	err   error
}

func (f *failing) ReadAt(b []byte, at int64) (int, error) {
	if f.calls--; f.calls < 0 {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(b, at)
}

// Whatever bytes it is given, a reader returns an error or well-formed proofs.
func FuzzOpen(f *testing.F) {
	all := some(f, 6, true)
	p, q := shared(len(all), true), shared(len(all), false)
	list := []*verifier.StatusList{statusList(f, [32]byte{1}), nil}
	f.Add(write(f, []*archive.Set{setOf(f, all)}, []archive.Shared{{Proof: &p, Lists: list}}))
	f.Add(write(f, []*archive.Set{setOf(f, all[:6]), setOf(f, all)}, []archive.Shared{{Proof: &q}, {Proof: &p}}))
	some, named, _ := named(f, 5, 2, false)
	f.Add(write(f, []*archive.Set{namedSet(f, some, named)}, []archive.Shared{{Proof: &named}}))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = readAll(data)
	})
}
