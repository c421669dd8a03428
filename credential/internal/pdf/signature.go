package pdf

import "bytes"

// Seal is what the signatures in a PDF say of changes.
type Seal int

// The kinds of seals.
const (
	Unsigned Seal = iota
	Signed        // readers say of every change that it came after a signature
	Locked        // it is certified, and no change is allowed (ISO 32000-2, 12.8.2.2, P is 1)
)

// SealOf returns what the signatures in a PDF say of changes. Where they are certified and it
// cannot be told what that allows, it is Locked.
func SealOf(doc []byte) Seal {
	if !bytes.Contains(doc, []byte("/ByteRange")) { // stands in the file as it is, so that it can be signed
		return Unsigned
	}
	for _, opening := range openings(doc) {
		if f, err := opening(); err == nil {
			if locked, known := f.locked(); known {
				if locked {
					return Locked
				}
				return Signed
			}
		}
	}
	if bytes.Contains(doc, []byte("/DocMDP")) {
		return Locked
	}
	return Signed
}

// locked reports whether the file is certified so that no change is allowed; known is
// false if the objects that say so cannot be found.
func (f *file) locked() (locked, known bool) {
	root, err := member(f.trailer, "Root")
	if err != nil || root == nil {
		return false, false
	}
	value, err := f.resolve(root)
	for _, name := range []string{"Perms", "DocMDP"} {
		if err != nil {
			return false, false
		}
		if value, err = f.resolvedMember(value, name); err == nil && value == nil {
			return false, true
		}
	}
	if err != nil {
		return false, false
	}
	references, err := f.resolvedMember(value, "Reference")
	if err != nil || len(references) == 0 || references[0] != '[' {
		return true, true // certified, but it does not say what for
	}
	for s := (scanner{b: references, at: 1}); s.more(']'); {
		reference, err := f.resolve(s.value())
		if err != nil {
			return true, true
		}
		method, err := member(reference, "TransformMethod")
		if err != nil {
			return true, true
		}
		if string(method) != "/DocMDP" {
			continue
		}
		parms, err := f.resolvedMember(reference, "TransformParams")
		if err != nil {
			return true, true
		}
		if parms == nil {
			return false, true // P is 2 by default
		}
		p, err := intsOf(parms, "P")
		return err != nil || len(p) > 0 && p[0] != 2 && p[0] != 3, true
	}
	return true, true
}
