package verifier

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Voucher is one member of an anchor's "finality": a JSON object with a "kind", by which
// something says that the header is final. Kinds that the verifier does not know are kept
// and ignored.
type Voucher = jsontext.Value

// The kinds of vouchers.
const (
	KindBeacon  = "beacon"
	KindWitness = "witness"
)

// errVoucherForm is why a voucher is not heard.
var errVoucherForm = errors.New("it is not of the form of its kind")

// readVoucher reads a voucher and returns its kind. It calls member with the names of the
// other members, whose values that must read. Nothing here reads or writes by reflection: a
// reader of proofs would link twice as much.
func readVoucher(f Voucher, member func(r *jsonReader, name string) error) (kind string, err error) {
	err = readJSON(f, len(f), errVoucherForm, func(r *jsonReader) error {
		return r.object([]string{"kind"}, func(name []byte) error {
			if string(name) != "kind" {
				return member(r, string(name))
			}
			text, err := r.string()
			kind = string(text)
			return err
		})
	})
	return kind, err
}

// voucherKind reads the kind of a voucher.
func voucherKind(f Voucher) (string, error) {
	kind, err := readVoucher(f, func(r *jsonReader, _ string) error { return r.d.SkipValue() })
	if err != nil {
		return "", errors.New("want an object with a kind")
	}
	return kind, nil
}

// BeaconVoucher returns the voucher with some encoded evidence: see [beacon.Evidence].
func BeaconVoucher(evidence []byte) (Voucher, error) {
	return append(appendHex([]byte(`{"kind":"`+KindBeacon+`","evidence":"`), evidence), `"}`...), nil
}

// WitnessVoucher returns the voucher with some cosignatures, as package witness has them.
func WitnessVoucher(cosignatures []string) (Voucher, error) {
	out := Voucher(`{"kind":"` + KindWitness + `","cosignatures":[`)
	for i, line := range cosignatures {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = jsontext.AppendQuote(out, line); err != nil {
			return nil, err
		}
	}
	return append(out, "]}"...), nil
}

// BeaconEvidence returns the encoded evidence of a voucher of kind beacon.
func BeaconEvidence(f Voucher) ([]byte, error) {
	var evidence Bytes
	kind, err := readVoucher(f, func(r *jsonReader, name string) error {
		if name != "evidence" {
			return unknownMember([]byte(name))
		}
		return r.value(&evidence)
	})
	if err != nil || kind != KindBeacon || len(evidence) == 0 {
		return nil, errVoucherForm
	}
	return evidence, nil
}

// Cosignatures returns the cosignatures of a voucher of kind witness.
func Cosignatures(f Voucher) ([]string, error) {
	var lines []string
	kind, err := readVoucher(f, func(r *jsonReader, name string) error {
		if name != "cosignatures" {
			return unknownMember([]byte(name))
		}
		return r.array(len(f), func() error {
			line, err := r.string()
			lines = append(lines, string(line))
			return err
		})
	})
	if err != nil || kind != KindWitness {
		return nil, errVoucherForm
	}
	return lines, nil
}

// voucherCBOR is a voucher in the CBOR form of a proof: a byte string, the evidence, if it
// is of kind beacon and has nothing else, and otherwise a text string, the JSON object
// without white space and needless escapes.
type voucherCBOR struct {
	evidence []byte
	text     string
}

func newVoucherCBOR(f Voucher) (v voucherCBOR, err error) {
	if v.evidence, err = BeaconEvidence(f); err == nil {
		return v, nil
	}
	f = f.Clone()
	err = f.Format()
	return voucherCBOR{text: string(f)}, err
}

// voucher returns the JSON object.
func (v voucherCBOR) voucher() Voucher {
	if v.evidence == nil {
		return Voucher(v.text)
	}
	f, _ := BeaconVoucher(v.evidence) // bytes in hex: nothing can fail
	return f
}

// MarshalCBOR implements [cbor.Marshaler].
func (v voucherCBOR) MarshalCBOR() ([]byte, error) {
	if v.evidence != nil {
		return cborEncoder.Marshal(v.evidence)
	}
	return cborEncoder.Marshal(v.text)
}

// cborBytes is the major type of byte strings, in the upper bits of the first byte.
const cborBytes = 2

// UnmarshalCBOR implements [cbor.Unmarshaler].
func (v *voucherCBOR) UnmarshalCBOR(data []byte) error {
	if len(data) > 0 && data[0]>>5 == cborBytes {
		return cborDecoder.Unmarshal(data, &v.evidence)
	}
	return cborDecoder.Unmarshal(data, &v.text)
}

// voucher reads an object that has a kind; the rest of it is for later versions.
func (r *jsonReader) voucher() (Voucher, error) {
	v, err := r.raw()
	if err != nil {
		return nil, err
	}
	if _, err := voucherKind(v); err != nil {
		return nil, fmt.Errorf("%s: %w", r.d.StackPointer(), err)
	}
	return v, nil
}
