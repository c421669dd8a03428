package beacon

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// packMagic begins a file of hops: "hallhop" and the version, 1.
const packMagic = "hallhop\x01"

// MaxPackSize bounds a file of hops: some 60 years of Ethereum.
const MaxPackSize = 32 << 20

// NewPack returns the contents of a file without hops.
func NewPack() []byte { return []byte(packMagic) }

// AppendPack appends a hop to the contents of a file of hops, which may be empty.
func AppendPack(dst []byte, chainID uint64, hop []byte) []byte {
	if len(dst) == 0 {
		dst = append(dst, packMagic...)
	}
	dst = binary.BigEndian.AppendUint64(dst, chainID)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(hop))) //nolint:gosec // 25 KiB if each third of 512 is absent
	return append(dst, hop...)
}

// ReadPack reads a file of hops: the magic, and for each hop the EIP-155 id of the
// execution chain, 8 bytes, the length of the hop, 2 bytes, both big-endian, and the hop
// itself. The hops are in any order, of any networks; nothing in the file is believed. A
// file that ends within a hop, or is larger than MaxPackSize, gives all before that, and an
// error.
func ReadPack(r io.Reader, each func(chainID uint64, hop []byte) error) error {
	limited := &io.LimitedReader{R: r, N: MaxPackSize + 1}
	in := bufio.NewReader(limited)
	magic := make([]byte, len(packMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != packMagic {
		return errors.New("not a file of hops, or of a later version")
	}
	var head [10]byte
	for n := 0; ; n++ {
		switch _, err := io.ReadFull(in, head[:]); {
		case errors.Is(err, io.EOF) && limited.N > 0: // else more may follow
			return nil
		case err != nil:
			return fmt.Errorf("hop %d: the file ends within it, or is larger than %d bytes", n, MaxPackSize)
		}
		hop := make([]byte, binary.BigEndian.Uint16(head[8:]))
		if _, err := io.ReadFull(in, hop); err != nil {
			return fmt.Errorf("hop %d: the file ends within it, or is larger than %d bytes", n, MaxPackSize)
		}
		if err := each(binary.BigEndian.Uint64(head[:8]), hop); err != nil {
			return fmt.Errorf("hop %d: %w", n, err)
		}
	}
}
