package renew

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hallmark-node/hallmark/verifier"
)

// ErrNotFinal says that there is no complete proof yet.
var ErrNotFinal = errors.New("is not final yet")

// Served reads what a node answers to GET /v1/proofs/{leaf} for a proof: its evidence, and
// what its issuer signed, of the proof's own credential. It is read as strictly as a proof file;
// other members of the answer do not matter. The error is [ErrNotFinal], or says what is wrong
// with the answer, as the end of a sentence about it.
func Served(p *verifier.Proof, answer []byte) (*verifier.Proof, error) {
	if len(answer) > verifier.MaxProofSize {
		return nil, fmt.Errorf("is longer than %d bytes", verifier.MaxProofSize)
	}
	members, err := object(answer)
	if err != nil {
		return nil, err
	}
	if state := string(members["state"]); state != `"final"` {
		if state == "" || members["submission"] == nil {
			return nil, errNoAnswer
		}
		return nil, ErrNotFinal
	}
	submission, err := object(members["submission"])
	if err != nil {
		return nil, err
	}
	// A node has the leaves of evidence of who the issuer is, and not the evidence.
	delete(submission, "identity")
	proof := map[string]jsontext.Value{
		"hallmark":   jsontext.Value("1"),
		"credential": jsontext.Value(`"` + p.Credential.String() + `"`),
		"salt":       jsontext.Value(`"0x` + hex.EncodeToString(p.Salt[:]) + `"`),
		"submission": written(submission, "issuer", "home", "count", "issuedAt", "path", "signature"),
	}
	for _, name := range []string{"batch", "anchors", "hints"} {
		if members[name] != nil {
			proof[name] = members[name]
		}
	}
	served, err := verifier.ParseProof(written(proof, "hallmark", "credential", "salt", "submission", "batch", "anchors", "hints"))
	if err != nil {
		return nil, fmt.Errorf("is not one: %w", err)
	}
	return served, nil
}

var errNoAnswer = errors.New("is not there: what answered is no Hallmark node, or one of another version")

// object returns the members of an object as they are written.
func object(text []byte) (map[string]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	if start, err := d.ReadToken(); err != nil || start.Kind() != '{' {
		return nil, errNoAnswer
	}
	members := make(map[string]jsontext.Value)
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, errNoAnswer
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, errNoAnswer
		}
		members[key] = value.Clone()
	}
	return members, nil
}

// written is an object of those of the members that are there, in this order.
func written(members map[string]jsontext.Value, names ...string) jsontext.Value {
	out := jsontext.Value{'{'}
	for _, name := range names {
		value, ok := members[name]
		if !ok {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), name...), `":`...)
		out = append(out, value...)
	}
	return append(out, '}')
}
