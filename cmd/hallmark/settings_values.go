package main

import (
	"bufio"
	"bytes"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// duration reads a setting that is a time: "90s", "5m", or a number of seconds.
func (s settings) duration(name string, into *time.Duration) error {
	var err error
	if *into, err = parseDuration(s.text(name)); err != nil {
		return s.wrong(name, "%v", err)
	}
	return nil
}

// number reads a setting that is a number from least on.
func (s settings) number(name string, least int, into *int) error {
	n, err := strconv.ParseUint(s.text(name), 10, 31)
	if *into = int(n); err != nil || int(n) < least {
		return s.wrong(name, "%q is not a number from %d on", s.text(name), least)
	}
	return nil
}

// networks returns a list of networks, which is empty but not nil for the word none. An
// address is a network of its own.
func (s settings) networks(name string) ([]netip.Prefix, error) {
	list := []netip.Prefix{}
	if s.text(name) == "none" {
		return list, nil
	}
	for part := range strings.SplitSeq(s.text(name), ",") {
		part = strings.TrimSpace(part)
		network, err := netip.ParsePrefix(part)
		if err != nil {
			addr, err := netip.ParseAddr(part)
			if err != nil {
				return nil, s.wrong(name, "%q is no network: write it as 10.0.0.0/8 or 2001:db8::/32, with commas between several, or none", part)
			}
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		if network.Addr().Is4In6() {
			return nil, s.wrong(name, "%s: write IPv4 networks as 10.0.0.0/8", part)
		}
		list = append(list, network.Masked())
	}
	return list, nil
}

// amount reads a setting that is an amount of money, in wei: nil for no limit.
func (s settings) amount(name string, into **big.Int) error {
	text := s.text(name)
	if text == noLimit {
		return nil
	}
	wei, ok := parseAmount(text)
	if *into = wei; !ok {
		return s.wrong(name, "%q is not an amount: want a number and its unit, as in 80gwei, 0.05ether or 1wei, or none for no limit", text)
	}
	return nil
}

// noLimit lifts a limit.
const noLimit = "none"

// units are powers of ten of wei. "gwei" and "ether" end in no other.
var units = []struct {
	name  string
	zeros int64
}{{"gwei", 9}, {"ether", 18}, {"wei", 0}}

// parseAmount reads a positive decimal number with a unit into whole wei.
func parseAmount(text string) (*big.Int, bool) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		digits = strings.TrimSpace(digits)
		if len(digits) > 60 || digits == "" || strings.Trim(digits, "0123456789.") != "" {
			return nil, false
		}
		r, ok := new(big.Rat).SetString(digits)
		if !ok {
			return nil, false
		}
		r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(u.zeros), nil)))
		return r.Num(), r.IsInt() && r.Sign() > 0
	}
	return nil, false
}

// parseSize reads a positive number of MiB or GiB into bytes.
func parseSize(text string) (uint64, bool) {
	for unit, shift := range map[string]int{"MiB": 20, "GiB": 30} {
		if digits, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 24)
			return n << shift, err == nil && n > 0
		}
	}
	return 0, false
}

// notASize is the error of a setting that is no size.
func notASize(s settings, name string) error {
	return s.wrong(name, "%q is not a size: want a number and its unit, as in 512MiB or 2GiB", s.text(name))
}

// line is one line of a file, and its number.
type line struct {
	text   string
	number int
}

// readLines reads a file of lines; # begins a comment if it stands at the beginning
// or behind a space, and lines without content are left out.
func readLines(path string) (lines []line, err error) {
	data, err := fault.ReadFile(path, 16<<20)
	if err != nil {
		return nil, err
	}
	scanner := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; scanner.Scan(); n++ {
		text, _, _ := strings.Cut(" "+scanner.Text(), " #")
		if text = strings.TrimSpace(text); text != "" {
			lines = append(lines, line{text, n})
		}
	}
	return lines, scanner.Err()
}

// readIssuers reads a file with an address a line.
func readIssuers(path string) ([]verifier.Address, error) {
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	var issuers []verifier.Address
	for _, l := range lines {
		a, err := verifier.ParseAddress(l.text)
		if err != nil {
			return nil, run.Usagef("%s, line %d: %v", path, l.number, err)
		}
		issuers = append(issuers, a)
	}
	if len(issuers) == 0 {
		return nil, run.Usagef("%s names no issuer, so nobody could submit", path)
	}
	return issuers, nil
}
