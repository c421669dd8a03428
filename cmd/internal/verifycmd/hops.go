package verifycmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/beacon"
	"github.com/hallmark-node/hallmark/verifier/files"
)

// hops are encoded hops between sync committees, by chain.
type hops map[verifier.ChainID][][]byte

// loadHops reads the files of hops that --hops names, and returns what adds those of the
// user's own file once a voucher needs any. Nothing in any of them is believed. What is
// wrong with the user's own file is a remark: a verdict never depends on it alone.
func loadHops(c *cli.Context) (func(verifier.ChainID) [][]byte, error) {
	named := make(hops)
	for _, name := range c.StringSlice("hops") {
		if err := named.read(name); err != nil {
			return nil, run.Usagef("--hops: %w", err)
		}
	}
	all := sync.OnceValue(func() hops {
		dir, err := os.UserConfigDir()
		if err != nil {
			return named // no home: there is no such file either
		}
		// The user's own come first: no other file can crowd them out.
		own := make(hops)
		err = own.read(filepath.Join(dir, "hallmark", "hops.pack"))
		for id, more := range named {
			own[id] = append(own[id], more...)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !c.Bool("quiet") {
			fmt.Fprintln(c.App.ErrWriter, run.Line(fmt.Sprintf("%s: warning: %v; what can be read of it is used", c.App.Name, err)))
		}
		return own
	})
	return func(id verifier.ChainID) [][]byte { return all()[id] }, nil
}

// read adds the hops of a file, up to where it is damaged.
func (h hops) read(name string) error {
	data, err := files.Read(name, beacon.MaxPackSize)
	if err != nil {
		return err
	}
	err = beacon.ReadPack(bytes.NewReader(data), func(chainID uint64, hop []byte) error {
		id := verifier.ChainID(chainID)
		h[id] = append(h[id], hop)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
