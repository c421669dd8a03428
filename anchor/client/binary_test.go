package client

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

func sample(leaves ...merkle.Hash) *publish.Submission {
	return &publish.Submission{
		Issuer: verifier.Address{0: 1, 19: 2}, Home: verifier.Home{Chain: 31337, Registry: verifier.Address{0: 3, 19: 4}},
		Root: merkle.Hash{0: 5, 31: 6}, Count: uint64(len(leaves)), IssuedAt: 1767225600,
		Signature: verifier.Signature{0: 7, 64: 27}, Leaves: leaves,
	}
}

func leaves(n int, name string) []merkle.Hash {
	out := make([]merkle.Hash, n)
	for i := range out {
		out[i] = merkle.Keccak256([]byte(name), []byte{byte(i >> 16), byte(i >> 8), byte(i)})
	}
	slices.SortFunc(out, merkle.Compare)
	return out
}

// The layout is a promise to other programs; here it is written out by hand.
func TestSubmissionLayout(t *testing.T) {
	s := sample(merkle.Hash{0: 8, 31: 9})
	zeros := func(n int) string { return strings.Repeat("\x00", n) }
	want := "hallmrk\x01" +
		"\x01" + zeros(18) + "\x02" +
		zeros(6) + "\x7a\x69" +
		"\x03" + zeros(18) + "\x04" +
		"\x05" + zeros(30) + "\x06" +
		zeros(7) + "\x01" +
		zeros(4) + "\x69\x55\xb9\x00" +
		"\x07" + zeros(63) + "\x1b" +
		"\x08" + zeros(30) + "\x09"
	if got := AppendSubmission([]byte("before"), s); string(got) != "before"+want {
		t.Errorf("got  %x\nwant %x", got[6:], want)
	}
}

// readWhole reads a binary submission with its leaves.
func readWhole(r io.Reader) (*publish.Submission, error) {
	s, leaves, err := ReadSubmission(r)
	for err == nil {
		some := make([]merkle.Hash, min(3000, s.Count-uint64(len(s.Leaves))))
		err = leaves(some)
		if s.Leaves = append(s.Leaves, some...); uint64(len(s.Leaves)) == s.Count {
			break
		}
	}
	return s, err
}

func TestReadSubmission(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1023, 1024, 1025, 5000} {
		s := sample(leaves(n, "leaf")...)
		// One byte at a time: a network gives what it has.
		got, err := readWhole(iotest.OneByteReader(bytes.NewReader(AppendSubmission(nil, s))))
		if err != nil {
			t.Fatalf("%d leaves: %v", n, err)
		}
		if !slices.Equal(got.Leaves, s.Leaves) || got.Signature != s.Signature || got.Home != s.Home || got.Count != s.Count ||
			got.Issuer != s.Issuer || got.Root != s.Root || got.IssuedAt != s.IssuedAt {
			t.Errorf("%d leaves came back changed", n)
		}
	}
}

func TestReadSubmissionHostile(t *testing.T) {
	good := AppendSubmission(nil, sample(leaves(3, "leaf")...))
	count := func(n uint64) []byte {
		b := slices.Clone(good)
		binary.BigEndian.PutUint64(b[88:], n)
		return b
	}
	boom := errors.New("boom")
	for name, tc := range map[string]struct {
		r    io.Reader
		want error // nil: any
	}{
		"empty":                   {bytes.NewReader(nil), nil},
		"header cut":              {bytes.NewReader(good[:SubmissionHeader-1]), nil},
		"header alone":            {bytes.NewReader(good[:SubmissionHeader]), nil},
		"leaf cut":                {bytes.NewReader(good[:len(good)-1]), nil},
		"leaf missing":            {bytes.NewReader(good[:len(good)-32]), nil},
		"trailing byte":           {bytes.NewReader(append(slices.Clone(good), 0)), nil},
		"endless":                 {io.MultiReader(bytes.NewReader(good), forever{}), nil},
		"another version":         {bytes.NewReader(append([]byte("hallmrk\x02"), good[8:]...)), nil},
		"JSON":                    {strings.NewReader(strings.Repeat(`{"issuer":"0x00"} `, 100)), nil},
		"count too small":         {bytes.NewReader(count(2)), nil},
		"count too large":         {bytes.NewReader(count(4)), nil},
		"count beyond the limit":  {bytes.NewReader(count(publish.MaxLeaves + 1)), publish.ErrTooMany},
		"count of all bits":       {bytes.NewReader(count(1<<64 - 1)), publish.ErrTooMany},
		"count that overflows":    {bytes.NewReader(count(1 << 59)), publish.ErrTooMany},
		"reader fails at once":    {iotest.ErrReader(boom), boom},
		"reader fails in leaves":  {io.MultiReader(bytes.NewReader(good[:200]), iotest.ErrReader(boom)), boom},
		"reader fails at the end": {io.MultiReader(bytes.NewReader(good), iotest.ErrReader(boom)), boom},
	} {
		if s, err := readWhole(tc.r); err == nil || (tc.want != nil && !errors.Is(err, tc.want)) {
			t.Errorf("%s: %+v, error %v, want %v", name, s, err, tc.want)
		}
	}
}

type forever struct{}

func (forever) Read(b []byte) (int, error) { return len(b), nil }

// Whatever arrives is refused, or is the one form of what was read.
func FuzzReadSubmission(f *testing.F) {
	f.Add(AppendSubmission(nil, sample()))
	f.Add(AppendSubmission(nil, sample(leaves(3, "leaf")...)))
	f.Add([]byte(submissionMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readWhole(bytes.NewReader(data))
		if err != nil {
			return
		}
		if again := AppendSubmission(nil, s); !bytes.Equal(again, data) {
			t.Errorf("%x is also written as %x", again, data)
		}
	})
}
