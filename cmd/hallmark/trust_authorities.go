package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

func trustAuthoritiesCommand() *cli.Command {
	return command("authorities", "", "whose word says which domain named an issuer's key",
		"Built in are the certificate authorities and logs of the web and the keys of the DNS root. A\n"+
			"list of your own replaces the built-in one of its kind: with --root only those roots count that\n"+
			"you name. --none believes nobody of a kind, and --built-in goes back to what is built in.",
		trustAuthorities,
		trustFlag(),
		texts("root", "`FILE` with root certificates to believe (PEM or DER); may be repeated"),
		texts("remove-root", "`SHA256` of a root certificate no longer to believe; may be repeated"),
		texts("log", "`FILE` with the public key of a log of Certificate Transparency (PEM or DER); may be repeated"),
		text("operator", "with --log: `NAME` of who runs it; logs of one operator count once"),
		texts("remove-log", "`ID` of a log no longer to believe, the SHA-256 of its key in hex; may be repeated"),
		texts("zone-key", "key of the DNS root as a `DS` record has it: '20326 8 2 E06D…'; may be repeated"),
		texts("remove-zone-key", "`TAG` of a key of the DNS root no longer to believe; may be repeated"),
		text("not-before", "with --log and --zone-key: what is of before this `TIME` does not count (RFC 3339 or Unix seconds)"),
		text("not-after", "with --root, --log and --zone-key: what was logged, or is, after this `TIME` does not count"),
		texts("none", "believe nobody of a `KIND`: roots, logs or zone-keys; may be repeated"),
		texts("built-in", "believe what is built in of a `KIND` again; may be repeated"))
}

func trustAuthorities(c *cli.Context) error {
	path, trust, _, err := readTrust(c, false)
	if err != nil {
		return err
	}
	var a verifier.TrustedAuthorities
	if trust.Authorities != nil {
		a = *trust.Authorities
	}
	before := a
	if err := setKinds(c, &a); err != nil {
		return err
	}
	notBefore, err := parsed(c, "not-before", parseTime)
	if err != nil {
		return err
	}
	notAfter, err := parsed(c, "not-after", parseTime)
	if err != nil {
		return err
	}
	if err := editRoots(c, &a, notAfter); err != nil {
		return err
	}
	if err := editLogs(c, &a, notBefore, notAfter); err != nil {
		return err
	}
	if err := editZoneKeys(c, &a, notBefore, notAfter); err != nil {
		return err
	}
	if !slices.ContainsFunc(c.Command.Flags, func(f cli.Flag) bool { return f.Names()[0] != "trust" && c.IsSet(f.Names()[0]) }) {
		return run.Usagef("what is to be changed? hallmark trust authorities --help lists the flags, and hallmark trust show what there is")
	}
	for _, kind := range []struct {
		name     string
		was, now bool
	}{
		{"root certificates", before.Roots == nil, a.Roots == nil},
		{"logs", before.Logs == nil, a.Logs == nil},
		{"keys of the DNS root", before.ZoneKeys == nil, a.ZoneKeys == nil},
	} {
		if kind.was && !kind.now {
			say(c, "warning: the built-in %s no longer count", kind.name)
		}
	}
	if trust.Authorities = &a; a.Roots == nil && a.Logs == nil && a.ZoneKeys == nil {
		trust.Authorities = nil
	}
	return writeEdited(c, path, trust, "authorities")
}

// setKinds empties lists, or takes them out of the store.
func setKinds(c *cli.Context, a *verifier.TrustedAuthorities) error {
	for _, flag := range []string{"built-in", "none"} {
		none := flag == "none"
		for _, kind := range c.StringSlice(flag) {
			switch kind {
			case "roots":
				a.Roots = nil
				if none {
					a.Roots = []verifier.TrustedCA{}
				}
			case "logs":
				a.Logs = nil
				if none {
					a.Logs = []verifier.TrustedLog{}
				}
			case "zone-keys":
				a.ZoneKeys = nil
				if none {
					a.ZoneKeys = []verifier.TrustedZoneKey{}
				}
			default:
				return run.Usagef("--%s: %q is not one of roots, logs and zone-keys", flag, kind)
			}
		}
	}
	return nil
}

func editRoots(c *cli.Context, a *verifier.TrustedAuthorities, notAfter uint64) error {
	is := func(r verifier.TrustedCA, given string) bool { return sum(r.Certificate) == plainHex(given) }
	var err error
	if a.Roots, err = cut(c, "remove-root", a.Roots, is); err != nil {
		return err
	}
	for _, file := range c.StringSlice("root") {
		ders, err := readDER(file, "CERTIFICATE")
		if err != nil {
			return err
		}
		for _, der := range ders {
			if _, err := x509.ParseCertificate(der); err != nil {
				return run.Usagef("%s holds a certificate that cannot be read", file)
			}
			a.Roots = slices.DeleteFunc(a.Roots, func(r verifier.TrustedCA) bool { return bytes.Equal(r.Certificate, der) })
			a.Roots = append(a.Roots, verifier.TrustedCA{Certificate: der, NotAfter: notAfter})
		}
	}
	return nil
}

func editLogs(c *cli.Context, a *verifier.TrustedAuthorities, notBefore, notAfter uint64) error {
	is := func(l verifier.TrustedLog, given string) bool { return sum(l.Key) == plainHex(given) }
	var err error
	if a.Logs, err = cut(c, "remove-log", a.Logs, is); err != nil {
		return err
	}
	if len(c.StringSlice("log")) > 0 && c.String("operator") == "" {
		return run.Usagef("--operator is needed: who runs the log")
	}
	for _, file := range c.StringSlice("log") {
		ders, err := readDER(file, "PUBLIC KEY")
		if err != nil {
			return err
		}
		for _, der := range ders {
			if _, err := x509.ParsePKIXPublicKey(der); err != nil {
				return run.Usagef("%s holds a public key that cannot be read", file)
			}
			a.Logs = slices.DeleteFunc(a.Logs, func(l verifier.TrustedLog) bool { return bytes.Equal(l.Key, der) })
			a.Logs = append(a.Logs, verifier.TrustedLog{Key: der, Operator: c.String("operator"), NotBefore: notBefore, NotAfter: notAfter})
		}
	}
	return nil
}

func editZoneKeys(c *cli.Context, a *verifier.TrustedAuthorities, notBefore, notAfter uint64) error {
	var err error
	a.ZoneKeys, err = cut(c, "remove-zone-key", a.ZoneKeys, func(k verifier.TrustedZoneKey, given string) bool {
		return strconv.Itoa(int(k.KeyTag)) == given
	})
	if err != nil {
		return err
	}
	keys, err := each(c, "zone-key", parseDS)
	if err != nil {
		return err
	}
	for _, k := range keys {
		k.NotBefore, k.NotAfter = notBefore, notAfter
		a.ZoneKeys = append(slices.DeleteFunc(a.ZoneKeys, func(known verifier.TrustedZoneKey) bool {
			return known.KeyTag == k.KeyTag && bytes.Equal(known.Digest, k.Digest)
		}), k)
	}
	return nil
}

// cut takes elements out of a list, which may become empty: then nobody is believed.
func cut[T any](c *cli.Context, flag string, list []T, is func(T, string) bool) ([]T, error) {
	for _, given := range c.StringSlice(flag) {
		kept := slices.DeleteFunc(slices.Clone(list), func(v T) bool { return is(v, given) })
		if len(kept) == len(list) {
			return nil, run.Usagef("--%s: the trust store has no %s there; what is built in stays", flag, given)
		}
		if len(kept) == 0 {
			say(c, "warning: --%s %s leaves nobody of its kind to believe; --built-in goes back to what is built in", flag, given)
		}
		list = kept
	}
	return list, nil
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// plainHex brings a fingerprint into the form of sum: people write it with colons, too.
func plainHex(s string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(s, "0x"), ":", ""))
}

// readDER reads the blocks of a PEM file that have a type, or a DER file.
func readDER(file, kind string) (ders [][]byte, err error) {
	data, err := fault.ReadFile(file, 4<<20)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return [][]byte{data}, nil
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == kind {
			ders = append(ders, block.Bytes)
		}
	}
	if len(ders) == 0 {
		return nil, run.Usagef("%s holds no %s", file, strings.ToLower(kind))
	}
	return ders, nil
}

// parseDS reads the data of a DS record in presentation form (RFC 4034, section 5.3), also with
// the name and what else stands before it in a zone file.
func parseDS(given string) (k verifier.TrustedZoneKey, err error) {
	fields := strings.Fields(given)
	if at := slices.Index(fields, "DS"); at >= 0 {
		fields = fields[at+1:]
	}
	wrong := fmt.Errorf("%.60q is not the data of a DS record: want key tag, algorithm, digest type and digest", given)
	if len(fields) < 4 {
		return k, wrong
	}
	tag, err1 := strconv.ParseUint(fields[0], 10, 16)
	algorithm, err2 := strconv.ParseUint(fields[1], 10, 8)
	digestType, err3 := strconv.ParseUint(fields[2], 10, 8)
	digest, err4 := hex.DecodeString(strings.Join(fields[3:], ""))
	if errors.Join(err1, err2, err3, err4) != nil || len(digest) < 20 {
		return k, wrong
	}
	return verifier.TrustedZoneKey{
		KeyTag: uint16(tag), Algorithm: uint8(algorithm), DigestType: uint8(digestType), Digest: digest, //nolint:gosec // bounded above
	}, nil
}

// showAuthorities says whom the store names in the place of those that are built in.
func showAuthorities(c *cli.Context, a *verifier.TrustedAuthorities) {
	if a == nil {
		return
	}
	result(c, "authorities, in the place of those that are built in")
	if a.Roots != nil && len(a.Roots) == 0 {
		result(c, "  root      none counts")
	}
	for _, r := range a.Roots {
		name := "cannot be read"
		if cert, err := x509.ParseCertificate(r.Certificate); err == nil {
			name = printable(cert.Subject.String())
		}
		result(c, "  root      %s  %s%s", sum(r.Certificate), name, bounds(0, r.NotAfter))
	}
	if a.Logs != nil && len(a.Logs) == 0 {
		result(c, "  log       none counts")
	}
	for _, l := range a.Logs {
		result(c, "  log       %s  %s%s", sum(l.Key), printable(l.Operator), bounds(l.NotBefore, l.NotAfter))
	}
	if a.ZoneKeys != nil && len(a.ZoneKeys) == 0 {
		result(c, "  zone key  none counts")
	}
	for _, k := range a.ZoneKeys {
		result(c, "  zone key  %d %d %d %X%s", k.KeyTag, k.Algorithm, k.DigestType, []byte(k.Digest), bounds(k.NotBefore, k.NotAfter))
	}
}

func bounds(notBefore, notAfter uint64) (s string) {
	if notBefore != 0 {
		s += "  from " + unixTime(notBefore)
	}
	if notAfter != 0 {
		s += "  until " + unixTime(notAfter)
	}
	return s
}
