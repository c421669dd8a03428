package beacon

import (
	"bytes"
	"testing"
)

// TestPackSize: what is beyond the limit is missed, wherever a hop ends.
func TestPackSize(t *testing.T) {
	// pack returns a file of some size, which ends with a hop.
	pack := func(size int) (data []byte) {
		const record = 10 + 60_000
		for data = AppendPack(nil, 1, nil); size-len(data) > 2*record; {
			data = AppendPack(data, 1, make([]byte, record-10))
		}
		half := (size - len(data)) / 2
		data = AppendPack(data, 1, make([]byte, half-10))
		return AppendPack(data, 1, make([]byte, size-len(data)-10))
	}
	for name, c := range map[string]struct {
		data []byte
		ok   bool
	}{
		"at the limit":                     {pack(MaxPackSize), true},
		"a byte beyond it":                 {pack(MaxPackSize + 1), false},
		"at the limit, and more":           {AppendPack(pack(MaxPackSize), 1, []byte{1}), false},
		"a byte beyond the limit and more": {AppendPack(pack(MaxPackSize+1), 1, []byte{1}), false},
	} {
		last := 0
		err := ReadPack(bytes.NewReader(c.data), func(_ uint64, hop []byte) error {
			last = len(hop)
			return nil
		})
		if (err == nil) != c.ok {
			t.Errorf("%s, %d bytes: %v", name, len(c.data), err)
		}
		if last < 2 {
			t.Errorf("%s: a hop of %d bytes was read", name, last)
		}
	}
}
