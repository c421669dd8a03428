package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// shrink makes a WebAssembly program of Go a sixth smaller, compressed, without a change to what
// it does. Its linker writes the data of a program as 100,000 pieces, so as to leave out zeros,
// which cost brotli nothing while the pieces do. And of the tables by which the runtime walks
// stacks, those are zeroed that name functions, files and lines: nobody reads a Go stack there.
func shrink(program []byte) ([]byte, error) {
	if !bytes.HasPrefix(program, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errors.New("it is no WebAssembly")
	}
	out := bytes.Clone(program[:8])
	for rest := program[8:]; len(rest) > 0; {
		kind, r := rest[0], reader{rest: rest[1:]}
		size := r.uint()
		section := r.bytes(int(size)) //nolint:gosec // 32 bits
		if r.failed {
			return nil, errCut
		}
		if kind == sectionData {
			memory, err := dataOf(section)
			if err != nil {
				return nil, err
			}
			if err := dropNames(memory); err != nil {
				return nil, err
			}
			section = pieces(memory)
		}
		out = binary.AppendUvarint(append(out, kind), uint64(len(section)))
		out = append(out, section...)
		rest = r.rest
	}
	return out, nil
}

const (
	sectionData = 11
	opI32Const  = 0x41
	opEnd       = 0x0b

	maxMemory = 64 << 20
	// fewestZeros is how many zeros end a piece of data.
	fewestZeros = 4096
)

var errCut = errors.New("it breaks off")

// reader reads integers in LEB128. What is not there is zero, and failed.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<32-1 {
		r.failed, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.failed, r.rest = true, nil
		return nil
	}
	head := r.rest[:n]
	r.rest = r.rest[n:]
	return head
}

// dataOf returns the memory that a data section sets up.
func dataOf(section []byte) (memory []byte, err error) {
	r := reader{rest: section}
	for range r.uint() {
		start := r.bytes(2) // of memory 0, and the offset is a constant
		offset := 0
		for shift := 0; ; shift += 7 {
			b := r.bytes(1)
			if r.failed || shift > 28 {
				return nil, errCut
			}
			offset |= int(b[0]&0x7f) << shift
			if b[0] < 0x80 { // signed, and never negative
				break
			}
		}
		end := r.bytes(1)
		data := r.bytes(int(r.uint())) //nolint:gosec // 32 bits
		if r.failed || start[0] != 0 || start[1] != opI32Const || end[0] != opEnd || offset+len(data) > maxMemory {
			return nil, errors.New("its data is not written as Go writes it")
		}
		if need := offset + len(data); need > len(memory) {
			memory = append(memory, make([]byte, need-len(memory))...)
		}
		copy(memory[offset:], data)
	}
	return memory, nil
}

// pieces is the data section of a memory.
func pieces(memory []byte) []byte {
	var out []byte
	count := uint64(0)
	gap := make([]byte, fewestZeros)
	for at := 0; at < len(memory); {
		if memory[at] == 0 {
			at++
			continue
		}
		end := len(bytes.TrimRight(memory, "\x00"))
		if n := bytes.Index(memory[at:], gap); n >= 0 {
			end = at + n
		}
		out = append(out, 0, opI32Const)
		offset := at
		for ; offset > 0x3f; offset >>= 7 {
			out = append(out, byte(offset&0x7f|0x80))
		}
		out = append(out, byte(offset), opEnd)
		out = append(binary.AppendUvarint(out, uint64(end-at)), memory[at:end]...)
		count, at = count+1, end
	}
	return append(binary.AppendUvarint(nil, count), out...)
}

// The table of functions of Go 1.26, as its runtime/symtab.go and runtime2.go have it.
var tableMagic = []byte("\xf1\xff\xff\xff\x00\x00\x01\x08") // of Go 1.20 and later; code of bytes, pointers of 8

// Offsets in an entry of the table.
const (
	entryName      = 4
	entryPCSP      = 16
	entryPCFile    = 20
	entryPCLine    = 24
	entryPCData    = 28 // how many
	entryUnit      = 32
	entryStartLine = 36
	entrySize      = 44
)

// systemName is what remains of a name: by it the runtime knows its own goroutines.
const systemName = "runtime."

// dropNames zeroes what tells names, files and lines of functions.
func dropNames(memory []byte) error {
	at := bytes.Index(memory, tableMagic)
	if at < 0 || bytes.Contains(memory[at+1:], tableMagic) {
		return errors.New("it has no table of functions of Go 1.26: look at what its runtime has instead")
	}
	table := memory[at:]
	var header [8]int
	for i := range header {
		v := binary.LittleEndian.Uint64(table[8+8*i:])
		if v > uint64(len(table)) {
			return errCut
		}
		header[i] = int(v) //nolint:gosec // it was compared
	}
	count, names, units, files, counters, entries := header[0], header[3], header[4], header[5], header[6], header[7]
	if names >= units || units >= files || files >= counters || counters >= entries || entries+8*count > len(table) {
		return errors.New("its table of functions is not in the order of Go 1.26")
	}
	kept := make([]byte, entries-counters) // the tables of positions that the runtime still reads
	keep := func(offset uint32) error {
		if offset == 0 {
			return nil // none
		}
		n, err := tableLength(table[counters:entries], int(offset))
		if err != nil {
			return err
		}
		copy(kept[offset:], table[counters+int(offset):][:n])
		return nil
	}
	for i := range count {
		offset := entries + int(binary.LittleEndian.Uint32(table[entries+8*i+4:]))
		if offset+entrySize > len(table) {
			return errCut
		}
		entry := table[offset:]
		field := func(at int) uint32 { return binary.LittleEndian.Uint32(entry[at:]) }
		more := int(field(entryPCData))
		if entrySize+4*more > len(entry) {
			return errCut
		}
		offsets := []uint32{field(entryPCSP)}
		for j := range more {
			offsets = append(offsets, field(entrySize+4*j))
		}
		for _, o := range offsets {
			if err := keep(o); err != nil {
				return err
			}
		}
		name := uint32(0)
		if int(field(entryName)) < units-names && bytes.HasPrefix(table[names+int(field(entryName)):], []byte(systemName)) {
			name = 1
		}
		binary.LittleEndian.PutUint32(entry[entryName:], name)
		for _, at := range []int{entryPCFile, entryPCLine, entryUnit, entryStartLine} {
			binary.LittleEndian.PutUint32(entry[at:], 0)
		}
	}
	clear(table[names:counters])
	copy(table[names+1:], systemName)
	copy(table[counters:], kept)
	return nil
}

// tableLength returns how long a table of positions is: pairs of varints, up to a zero that
// begins none.
func tableLength(all []byte, start int) (int, error) {
	at := start
	for first := true; ; first = false {
		for i := range 2 {
			_, n := binary.Uvarint(all[min(at, len(all)):])
			if n <= 0 {
				return 0, fmt.Errorf("the table of positions at %d: %w", start, errCut)
			}
			if i == 0 && !first && all[at] == 0 {
				return at + 1 - start, nil
			}
			at += n
		}
	}
}
