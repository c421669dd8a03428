package verifier_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
)

func callers() []string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var out []string
	for {
		f, more := frames.Next()
		out = append(out, f.Function)
		if !more {
			return out
		}
	}
}

// mutate makes n new cases of those that are there, and asks this implementation about them. One n
// gives the same ones for the same cases.
func mutate(cases []*agreementCase, n int) []*agreementCase {
	m := &mutator{random: rand.New(rand.NewPCG(14, uint64(n)))}
	for _, c := range cases {
		if c.Kind == "verify" && c.Want != nil && len(c.Proof) < 64<<10 && len(c.Doc) < 64<<10 {
			m.seeds = append(m.seeds, c)
		}
	}
	// Tests run side by side, so the order is not theirs.
	slices.SortFunc(m.seeds, func(a, b *agreementCase) int { return bytes.Compare(a.Proof, b.Proof) })
	byKind := make(map[string][]*agreementCase)
	for _, c := range m.seeds {
		byKind[c.Test] = append(byKind[c.Test], c)
	}
	tests := slices.Sorted(maps.Keys(byKind))
	out := make([]*agreementCase, 0, n)
	for len(out) < n {
		of := byKind[tests[m.random.IntN(len(tests))]]
		c := *of[m.random.IntN(len(of))]
		c.Test = "mutation of " + c.Test
		if len(c.Doc) > 0 && m.random.IntN(4) == 0 {
			m.resign(&c)
		} else {
			for range 1 + m.random.IntN(2) {
				m.change(&c)
			}
		}
		c.judge()
		out = append(out, &c)
	}
	return out
}

type mutator struct {
	random *rand.Rand
	seeds  []*agreementCase
}

func (m *mutator) seed() *agreementCase { return m.seeds[m.random.IntN(len(m.seeds))] }

// resign changes the document, and makes a proof of what came out of it. What the chain says is not
// the subject.
func (m *mutator) resign(c *agreementCase) {
	for range 1 + m.random.IntN(3) {
		c.Doc = m.text(c.Doc, m.seed().Doc)
	}
	id, err := credential.Sum(bytes.NewReader(c.Doc), credential.FormAuto, "")
	if err != nil || m.random.IntN(8) == 0 {
		if id, err = credential.Sum(bytes.NewReader(c.Doc), credential.FormRaw, ""); err != nil {
			panic(err)
		}
	}
	p := &verifier.Proof{Credential: id}
	p.Submission = verifier.Submission{Home: verifier.Home{Chain: 31337, Registry: addr(0xaa)}, Count: 1, IssuedAt: issuedAt}
	digest := verifier.SubmissionDigest(p.Submission.Home, p.Leaf(), 1, issuedAt)
	secret := sha256.Sum256([]byte("issuer"))
	p.Submission.Issuer, p.Submission.Signature = signDigest(nil, secret[:], digest)
	if c.Proof, err = p.Encode(); err != nil {
		panic(err)
	}
	c.Options.Require = nil
	c.Options.AllowUnknown = []verifier.Check{verifier.CheckInclusion, verifier.CheckAnchor, verifier.CheckFinality, verifier.CheckStatus}
}

func (m *mutator) change(c *agreementCase) {
	switch m.random.IntN(20) {
	case 0:
		c.Options.Now += []int64{-1 << 30, -1e6, -1000, -1, 1, 900, 3e6, 1e8, 1 << 31}[m.random.IntN(9)]
	case 1:
		c.Options.AllowTest, c.Options.AllowExpired = m.random.IntN(2) == 0, m.random.IntN(2) == 0
	case 2:
		c.Options.AllowUnknown = nil
		c.Options.Require = nil
		if m.random.IntN(2) == 0 {
			c.Options.AllowUnknown = []verifier.Check{verifier.Checks()[m.random.IntN(9)]}
		} else {
			c.Options.Require = []verifier.Check{verifier.Checks()[m.random.IntN(9)]}
		}
	case 3:
		c.Trust = m.seed().Trust
	case 4, 5:
		if c.Trust != nil {
			c.Trust = m.text(c.Trust, m.seed().Trust)
		}
	case 6:
		c.Doc = m.seed().Doc
	case 7:
		if len(c.Doc) > 0 {
			c.Doc = m.raw(c.Doc, m.seed().Doc)
		}
	case 8, 9:
		c.Proof = m.raw(c.Proof, m.seed().Proof)
	default:
		if isCBOR(c.Proof) {
			c.Proof = m.binary(c.Proof)
		} else {
			c.Proof = m.text(c.Proof, m.seed().Proof)
		}
	}
}

// raw changes bytes wherever they are.
func (m *mutator) raw(data, other []byte) []byte {
	data = bytes.Clone(data)
	if len(data) == 0 {
		return data
	}
	i, j := m.random.IntN(len(data)), m.random.IntN(len(data))
	i, j = min(i, j), max(i, j)
	switch m.random.IntN(6) {
	case 0, 1:
		data[i] ^= 1 << m.random.IntN(8)
	case 2:
		return data[:j]
	case 3:
		return slices.Concat(data[:j], data[i:])
	case 4:
		return slices.Concat(data[:i], data[j:])
	default:
		if len(other) > 0 {
			k := m.random.IntN(len(other))
			return slices.Concat(data[:i], other[k:min(len(other), k+j-i)], data[j:])
		}
	}
	return data
}

// text changes JSON so that most of the results can still be read.
func (m *mutator) text(data, other []byte) []byte {
	switch m.random.IntN(8) {
	case 0: // other numbers, and other forms of them
		return m.numbers(data)
	case 1: // a member twice
		return m.twice(data)
	case 2, 3: // a digit of something in hex
		return m.digit(data)
	}
	decode := func(data []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return nil
		}
		return v
	}
	v := decode(data)
	if v == nil {
		return m.raw(data, other)
	}
	v = m.tree(v, decode(other))
	out, err := json.Marshal(v)
	if err != nil {
		return data
	}
	return out
}

// tree changes one node of a tree of JSON or CBOR: it is left out, repeated, moved, or replaced
// by what another tree has there.
func (m *mutator) tree(v, other any) any {
	switch node := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(node))
		if len(keys) == 0 {
			return node
		}
		k := keys[m.random.IntN(len(keys))]
		there, _ := other.(map[string]any)
		switch m.random.IntN(12) {
		case 0:
			delete(node, k)
		case 1:
			if o, ok := there[k]; ok {
				node[k] = o
			}
		case 2:
			node[[]string{strings.ToUpper(k), k + "x", "kind", "status", "finality"}[m.random.IntN(5)]] = node[k]
		case 3:
			node[k] = []any{nil, true, "", json.Number("0"), []any{}, map[string]any{}, "0x", "*"}[m.random.IntN(8)]
		default:
			node[k] = m.tree(node[k], there[k])
		}
		return node
	case map[any]any:
		keys := slices.SortedFunc(maps.Keys(node), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if len(keys) == 0 {
			return node
		}
		k := keys[m.random.IntN(len(keys))]
		switch m.random.IntN(12) {
		case 0:
			delete(node, k)
		case 1:
			node[uint64(m.random.IntN(10))] = node[k]
		case 2:
			node[k] = []any{nil, true, "", uint64(0), []any{}, map[any]any{}, []byte{}, -1, 1.5, uint64(1) << 60}[m.random.IntN(10)]
		default:
			node[k] = m.tree(node[k], nil)
		}
		return node
	case []any:
		if len(node) == 0 {
			return node
		}
		i, j := m.random.IntN(len(node)), m.random.IntN(len(node))
		there, _ := other.([]any)
		switch m.random.IntN(8) {
		case 0:
			return slices.Delete(slices.Clone(node), i, i+1)
		case 1:
			return append(slices.Clone(node), node[i])
		case 2:
			node[i], node[j] = node[j], node[i]
			return node
		case 3:
			if len(there) > 0 {
				return append(slices.Clone(node), there[m.random.IntN(len(there))])
			}
		}
		node[i] = m.tree(node[i], nil)
		return node
	case string:
		return string(m.digit([]byte(node)))
	case []byte:
		return m.raw(node, node)
	case uint64:
		return []uint64{node + 1, node - 1, 0, 1, 2, 3, 255, 256, 1<<53 - 1, 1 << 53}[m.random.IntN(10)]
	case json.Number:
		numbers := []string{"0", "1", "2", "3", "4", "255", "256", "9007199254740991", "9007199254740992", "-1", "1.0"}
		return json.Number(numbers[m.random.IntN(len(numbers))])
	default:
		return v
	}
}

// digit changes one hexadecimal digit for another one.
func (m *mutator) digit(data []byte) []byte {
	data = bytes.Clone(data)
	for range 100 {
		if len(data) == 0 {
			break
		}
		i := m.random.IntN(len(data))
		if bytes.IndexByte([]byte("0123456789abcdef"), data[i]) >= 0 {
			data[i] = "0123456789abcdef"[m.random.IntN(16)]
			break
		}
	}
	return data
}

func (m *mutator) numbers(data []byte) []byte {
	at := []int{}
	for i := range data {
		if i > 0 && data[i] >= '0' && data[i] <= '9' && bytes.IndexByte([]byte(": ,["), data[i-1]) >= 0 {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return data
	}
	i := at[m.random.IntN(len(at))]
	end := i
	for end < len(data) && data[end] >= '0' && data[end] <= '9' {
		end++
	}
	number := string(data[i:end])
	now := []string{
		number + ".0", number + "e0", "-" + number, "0" + number, number + "0", "1", "0", "9007199254740992", "1E2", `"` + number + `"`,
	}
	return slices.Concat(data[:i], []byte(now[m.random.IntN(len(now))]), data[end:])
}

func (m *mutator) twice(data []byte) []byte {
	opens := []int{}
	for i, b := range data {
		if b == '{' {
			opens = append(opens, i)
		}
	}
	if len(opens) == 0 {
		return data
	}
	i := opens[m.random.IntN(len(opens))] + 1
	names := []string{"salt", "hallmark", "id", "path", "kind", "chain", "registry", "header", "code", "next", "name", "test", "x"}
	member := fmt.Sprintf("%q:%s,", names[m.random.IntN(len(names))], []string{"1", `"x"`, `[]`, `{}`, `null`, `"0x"`}[m.random.IntN(6)])
	return slices.Concat(data[:i], []byte(member), data[i:])
}

func (m *mutator) binary(data []byte) []byte {
	var v any
	if m.random.IntN(3) == 0 || cbor.Unmarshal(data, &v) != nil {
		return m.raw(data, m.seed().Proof)
	}
	v = m.tree(v, nil)
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	out, err := mode.Marshal(v)
	if err != nil {
		return data
	}
	return out
}
