package kvtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// values of many sizes, also some that an engine may put elsewhere.
func values() map[string]string {
	all := map[string]string{"k": "", "k\x00": "zero", "k\xff\xff": "high", "\xff": "last"}
	for _, size := range []int{1, 4096, 16<<10 - 1, 16 << 10, 16<<10 + 1, 1 << 20, 9 << 20} {
		text := strings.Repeat("0123456789abcdef", size/16+1)[:size]
		all["size"+string(be(uint64(size)))] = text
	}
	return all
}

// Records are what was written last, also after opening again.
func testRecords(t *testing.T, p Place) {
	e := p.Open(t)
	for key, value := range values() {
		set(t, e, key, "before")
		set(t, e, key, value)
	}
	set(t, e, "gone", strings.Repeat("x", 20_000))
	if err := e.Update(func(tx kv.Tx) error { return errors.Join(tx.Delete([]byte("gone")), tx.Delete([]byte("never"))) }); err != nil {
		t.Error(err)
	}
	for range 2 {
		for key, value := range values() {
			want(t, e, key, value)
		}
		wantNone(t, e, "gone")
		wantNone(t, e, "kk")
		if err := e.Get([]byte("nothing"), func([]byte) error { return nil }); !errors.Is(err, kv.ErrNotFound) {
			t.Error(err)
		}
		no := errors.New("no")
		if err := e.Get([]byte("k"), func([]byte) error { return no }); !errors.Is(err, no) {
			t.Error("an error of who reads is lost:", err)
		}
		if n, err := e.Usage(); err != nil || n == 0 {
			t.Errorf("usage %d, %v", n, err)
		}
		shut(t, e)
		e = p.Open(t)
	}
	shut(t, e)
}

// A part of a value is read as it is, and never one that is not there.
func testParts(t *testing.T, p Place) {
	e := open(t, p)
	for key, value := range values() {
		set(t, e, key, value)
		for _, c := range []struct {
			offset, n int
			whole     bool
		}{
			{0, len(value), true},
			{0, len(value) / 2, true},
			{len(value) / 3, len(value) / 3, true},
			{len(value) - len(value)/5, len(value) / 5, true},
			{0, len(value) + 1, false},
			{len(value), 1, false},
			{len(value) / 2, len(value), len(value)/2 == 0},
			{len(value) + 100, 1, false},
		} {
			var got string
			err := e.GetPart([]byte(key), c.offset, c.n, func(part []byte) error { got = string(part); return nil })
			if c.whole && (err != nil || got != value[c.offset:c.offset+c.n]) {
				t.Errorf("%d bytes from %d of %d on: %d bytes, %v", c.n, c.offset, len(value), len(got), err)
			}
			if !c.whole && (err == nil || errors.Is(err, kv.ErrNotFound) || errors.Is(err, kv.ErrUnavailable)) {
				t.Errorf("%d bytes from %d of %d on: %v", c.n, c.offset, len(value), err)
			}
		}
	}
	err := e.GetPart([]byte("nothing"), 0, 1, func([]byte) error { return nil })
	if !errors.Is(err, kv.ErrNotFound) {
		t.Error(err)
	}
}

// A scan gives the keys of a range in the order of their bytes, as long as it is wanted.
func testScan(t *testing.T, p Place) {
	e := open(t, p)
	large := strings.Repeat("L", 20_000)
	set(t, e, "d1", "4", "d", "3", "d\x00", "z", "e", "6", "d\xff", "5", "D", "2", "dd", large, "C", "1")
	const all = "C=1 D=2 d=3 d\x00=z d1=4 dd=LARGE d\xff=5 e=6 "
	back := func(text string) (back string) {
		for _, f := range strings.Fields(text) {
			back = f + " " + back
		}
		return back
	}
	for _, c := range []struct{ lower, upper, want string }{
		{"C", "f", all},
		{"D", "e", "D=2 d=3 d\x00=z d1=4 dd=LARGE d\xff=5 "},
		{"d", "d", ""},
		{"d", "d\x00", "d=3 "},
		{"d\x00", "dd", "d\x00=z d1=4 "},
		{"dd\x00", "zz", "d\xff=5 e=6 "},
		{"e\x00", "f", ""},
		{"c", "a", ""},
	} {
		of := kv.Range{Lower: []byte(c.lower), Upper: []byte(c.upper)}
		if got := strings.ReplaceAll(list(t, e, of), large, "LARGE"); got != c.want {
			t.Errorf("from %q to %q: %q, want %q", c.lower, c.upper, got, c.want)
		}
		of.Back = true
		if got := strings.ReplaceAll(list(t, e, of), large, "LARGE"); got != back(c.want) {
			t.Errorf("back from %q to %q: %q, want %q", c.upper, c.lower, got, back(c.want))
		}
	}
	for _, of := range []kv.Range{{}, {Back: true}, {Lower: []byte("d1")}, {Upper: []byte("d1"), Back: true}} {
		var got []string
		err := e.Scan(of, func(k, _ []byte) (bool, error) { got = append(got, string(k)); return true, nil })
		if want := map[bool]int{true: 8, false: 4}[of.Lower == nil && of.Upper == nil]; err != nil || len(got) != want {
			t.Errorf("%+v: %q, %v", of, got, err)
		}
	}
	seen := 0
	err := e.Scan(kv.Range{}, func(_, _ []byte) (bool, error) { seen++; return seen < 3, nil })
	if err != nil || seen != 3 {
		t.Errorf("%d of 3 seen, %v", seen, err)
	}
	no := errors.New("no")
	if err := e.Scan(kv.Range{}, func(_, _ []byte) (bool, error) { return true, no }); !errors.Is(err, no) {
		t.Error("an error of who scans is lost:", err)
	}
	// What an engine reads at once is less than this, and within a scan of an engine (not of
	// an update) others can read and write.
	for i := range uint64(50) {
		err := e.Update(func(tx kv.Tx) error {
			for j := range uint64(100) {
				if err := setAll(tx, "many"+string(be(i*100+j)), "x"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	next := uint64(0)
	err = e.Scan(kv.Range{Lower: []byte("many"), Upper: []byte("n")}, func(k, _ []byte) (bool, error) {
		if string(k) != "many"+string(be(next)) {
			return false, errors.New("another key")
		}
		if next++; next%1000 == 0 {
			set(t, e, "beside", string(be(next)))
			want(t, e, "beside", string(be(next)))
		}
		return true, nil
	})
	if err != nil || next != 5000 {
		t.Errorf("%d of 5000 scanned, %v", next, err)
	}
}
