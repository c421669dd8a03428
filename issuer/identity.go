package issuer

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/identity"
)

// Identity is evidence that a domain named an issuer's key, as it is kept: a file of its own
// whose name says what it is for, and which holds the bytes that go into submissions. There
// is nothing secret in it.
type Identity struct {
	Path string // its file; empty while it is not kept
	Kind string // of package identity

	// What it is kept for, as its name has it: zero where its file has another name. What
	// it says is for [Identity.Named] to tell.
	Address verifier.Address
	Domain  string
	Chain   verifier.ChainID // 0: none is named

	Data []byte
}

// maxIdentityFile bounds a file of evidence, in bytes: PEM takes more room.
const maxIdentityFile = 4 * verifier.MaxIdentityEvidence

// FileName returns the name under which evidence is kept: the address, the domain and, if it
// is for one, the chain, separated by what no domain has, and the kind.
func (i *Identity) FileName() string {
	name := hex.EncodeToString(i.Address[:]) + "_" + i.Domain
	if i.Chain != 0 {
		name += "_" + strings.ReplaceAll(i.Chain.String(), ":", "-")
	}
	return name + "." + i.Kind
}

// parseName is the way back; false for any other name.
func (i *Identity) parseName(name string) bool {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return false
	}
	parts := strings.Split(name[:at], "_")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	parsed := Identity{Kind: name[at+1:], Domain: parts[1]}
	var err error
	if parsed.Address, err = verifier.ParseAddress("0x" + parts[0]); err != nil {
		return false
	}
	if len(parts) == 3 {
		if parsed.Chain, err = verifier.ParseChainID(strings.Replace(parts[2], "-", ":", 1)); err != nil {
			return false
		}
	}
	if parsed.FileName() != name {
		return false
	}
	i.Address, i.Domain, i.Chain, i.Kind = parsed.Address, parsed.Domain, parsed.Chain, parsed.Kind
	return true
}

// ReadIdentity reads evidence: a kept file, a certificate with its chain (PEM, or DER one
// after the other), or a chain of DNS records.
func ReadIdentity(path string) (*Identity, error) {
	data, err := fault.ReadFile(path, maxIdentityFile)
	if err != nil {
		return nil, err
	}
	i := &Identity{Path: path, Kind: identity.KindDNSSEC, Data: data}
	const sequence = 0x30 // begins every certificate; no name under which records are begins so
	if bytes.Contains(data, []byte("-----BEGIN CERTIFICATE-----")) {
		i.Kind, i.Data = identity.KindX509, nil
		for rest := data; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if block.Type == "CERTIFICATE" {
				i.Data = append(i.Data, block.Bytes...)
			}
		}
	} else if len(data) > 0 && data[0] == sequence {
		i.Kind = identity.KindX509
	}
	if n := len(i.Data); n == 0 || n > verifier.MaxIdentityEvidence {
		return nil, fault.Input("%s holds %d bytes of evidence, want 1 to %d", path, n, verifier.MaxIdentityEvidence)
	}
	i.parseName(filepath.Base(path))
	return i, nil
}

// Identities reads the evidence that a folder keeps for an address, or for all if that is
// zero, in the order of the names. There is none if there is no such folder.
func Identities(folder string, address verifier.Address) ([]*Identity, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []*Identity
	for _, entry := range entries {
		var named Identity
		if !named.parseName(entry.Name()) || !address.IsZero() && named.Address != address {
			continue
		}
		i, err := ReadIdentity(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, nil
}

// Keep writes evidence into a folder, in place of what is kept there for the same address,
// domain, chain and kind, and sets Path.
func (i *Identity) Keep(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	path := filepath.Join(folder, i.FileName())
	if err := durable.Replace(path, i.Data, 0o644); err != nil {
		return err
	}
	i.Path = path
	return durable.SyncFolder(folder)
}

// Named returns what the evidence says of an address at a time: see [identity.Anchors.Check].
func (i *Identity) Named(anchors *identity.Anchors, address verifier.Address, at time.Time) ([]identity.Named, error) {
	return anchors.Check(i.Kind, i.Data, address, at)
}

// Choice is evidence that goes into a submission.
type Choice struct {
	*Identity
	Named identity.Named // what it says for the home of the submission

	// Elsewhere says that it counts only for those whose trust store has no other registry
	// than the home: it names no chain, and that is Ethereum's for all others.
	Elsewhere bool
}

// Choose picks of evidence what names an address now, for a home registry: of each domain and
// kind what ends last, at most as many as a submission holds. Those that name the home's
// chain go before those that name none. others are those that name the address now, but for
// other chains alone.
func Choose(
	all []*Identity, anchors *identity.Anchors, address verifier.Address, home verifier.Home, now time.Time,
) (chosen, others []Choice) {
	ethereum := home == verifier.Home{Chain: 1, Registry: verifier.RegistryAddress}
	for _, i := range all {
		names, err := i.Named(anchors, address, now)
		if err != nil {
			continue
		}
		slices.SortStableFunc(names, func(a, b identity.Named) int { return cmp.Compare(b.Chain, a.Chain) }) // that without a chain last
		at := slices.IndexFunc(names, func(n identity.Named) bool { return n.Chain == 0 || verifier.ChainID(n.Chain) == home.Chain })
		switch {
		case at >= 0:
			chosen = append(chosen, Choice{i, names[at], names[at].Chain == 0 && !ethereum})
		case len(names) > 0:
			others = append(others, Choice{i, names[0], true})
		}
	}
	slices.SortStableFunc(chosen, func(a, b Choice) int {
		if a.Elsewhere != b.Elsewhere {
			return cmp.Compare(b.Named.Chain, a.Named.Chain)
		}
		return b.Named.NotAfter.Compare(a.Named.NotAfter)
	})
	type key struct{ kind, domain string }
	seen := make(map[key]bool)
	chosen = slices.DeleteFunc(chosen, func(c Choice) bool {
		k := key{c.Kind, c.Named.Domain}
		known := seen[k]
		seen[k] = true
		return known
	})
	return chosen[:min(len(chosen), verifier.MaxIdentity)], others
}

// Naming is what an issuer has to have said of its key.
type Naming struct {
	Domain      string `json:"domain"`      // A-labels, lower case
	Certificate string `json:"certificate"` // the name that a certificate has to hold
	Record      string `json:"record"`      // name of the TXT record
	Value       string `json:"value"`       // of the TXT record
}

// NamingOf returns by what a domain names a key, given by its address: for the registry at
// the standard address on a chain, or with 0 for Ethereum's.
func NamingOf(address verifier.Address, chain verifier.ChainID, domain string) (Naming, error) {
	name, err := identity.CertificateName(address, uint64(chain), domain)
	if err != nil {
		return Naming{}, err
	}
	_, domain, _ = strings.Cut(name, ".hallmark.")
	return Naming{domain, name, "_hallmark." + domain, identity.TXTValue(address, uint64(chain))}, nil
}

// ErrNotNamed says that evidence does not say of a key what it is to say.
var ErrNotNamed = errors.New("verifiers do not take this evidence")

// Check returns what the evidence says now of the address, domain and chain that it is kept
// for, or why it does not say so.
func (i *Identity) Check(anchors *identity.Anchors, now time.Time) (identity.Named, error) {
	names, err := i.Named(anchors, i.Address, now)
	if err != nil {
		return identity.Named{}, fmt.Errorf("%w: %w", ErrNotNamed, err)
	}
	for _, n := range names {
		if n.Domain == i.Domain && verifier.ChainID(n.Chain) == i.Chain {
			return n, nil
		}
	}
	return identity.Named{}, fmt.Errorf("%w: it names the key for %s, not for what was asked", ErrNotNamed, names[0].Domain)
}
