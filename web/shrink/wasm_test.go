package main

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// module is a program with one data section.
func module(section []byte) []byte {
	out := append([]byte("\x00asm\x01\x00\x00\x00"), 1, 1, 0, sectionData) // and a section of types, which is empty
	out = binary.AppendUvarint(out, uint64(len(section)))
	return append(out, section...)
}

// tableOf is a table of one function, and the offset of its entry.
func tableOf() []byte {
	names, units, files := "\x00main.f\x00", "\x01\x00\x00\x00", "f.go\x00"
	counters := []byte{0, 2, 8, 0, 2, 9, 0, 4, 4, 2, 2, 0} // none; one that is kept, at 1; one that is not, at 4; one with two pairs, at 7
	head := 8 + 8*8
	offsets := []int{1, 1, 0, head, head + len(names), head + len(names) + len(units), head + len(names) + len(units) + len(files)}
	entries := offsets[6] + len(counters)
	out := bytes.Clone(tableMagic)
	for _, o := range append(offsets, entries) {
		out = binary.LittleEndian.AppendUint64(out, uint64(o))
	}
	out = append(append(append(append(out, names...), units...), files...), counters...)
	out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, 0), 8)
	for _, field := range []uint32{0x1000, 1, 0, 0, 1, 4, 4, 1, 1, 7, 0, 7} { // and one table of data, at 7
		out = binary.LittleEndian.AppendUint32(out, field)
	}
	return append(out, 1) // other data
}

// Data stays where it is; of the table of functions what the runtime reads.
func TestShrink(t *testing.T) {
	memory := append(bytes.Repeat([]byte{7}, 100), make([]byte, 10*fewestZeros)...)
	memory = append(append(memory, 9, 0, 0, 9), make([]byte, fewestZeros-1)...)
	memory = append(memory, tableOf()...)
	out, err := shrink(module(pieces(memory)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := shrink(out)
	if err != nil || !bytes.Equal(again, out) {
		t.Errorf("what is small changes: %v", err)
	}
	section := out[bytes.IndexByte(out[8:], sectionData)+8+1:]
	_, n := binary.Uvarint(section)
	got, err := dataOf(section[n:])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(got, tableMagic)
	if at < 0 || !bytes.Equal(got[:at], memory[:at]) || section[n] != 2 {
		t.Fatalf("other data, in %d pieces", section[n])
	}
	table := got[at:]
	for _, gone := range []string{"main.f", "f.go", "\x02\x09"} {
		if bytes.Contains(table, []byte(gone)) {
			t.Errorf("%q is there", gone)
		}
	}
	for _, stays := range []string{"runtime.", "\x02\x08\x00", "\x04\x04\x02\x02\x00", "\x00\x10\x00\x00"} {
		if !bytes.Contains(table, []byte(stays)) {
			t.Errorf("%q is gone", stays)
		}
	}
}

func TestNoProgram(t *testing.T) {
	good := module(pieces(append([]byte{1}, tableOf()...)))
	if _, err := shrink(good); err != nil {
		t.Fatal(err)
	}
	for n := range good {
		if n == 8 || n == 11 { // a program without data
			continue
		}
		if _, err := shrink(good[:n]); err == nil {
			t.Errorf("the first %d bytes are taken", n)
		}
	}
	for name, section := range map[string][]byte{
		"no table":            pieces([]byte("data")),
		"two tables":          pieces(append(tableOf(), tableOf()...)),
		"another memory":      {1, 2, opI32Const, 0, opEnd, 1, 7},
		"far away":            {1, 0, opI32Const, 0xff, 0xff, 0xff, 0xff, 0x07, opEnd, 1, 7},
		"a table that is cut": pieces(tableOf()[:90]),
	} {
		if _, err := shrink(module(section)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
