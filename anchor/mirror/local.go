package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/anchor/publish"
)

// file is a CAR file, with any blocks.
type file struct{ *car.File }

func openFile(path string) (blocks, error) {
	f, err := car.Open(path)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

func (f file) block(ctx context.Context, c cid.Cid) ([]byte, error) {
	data, err := f.Block(ctx, c)
	switch bad := (*car.BadBlockError)(nil); {
	case errors.Is(err, car.ErrNotFound):
		return nil, errMissing
	case errors.As(err, &bad):
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return data, err
}

func (f file) car(context.Context, cid.Cid, func(publish.Block) error) error { return errNoCAR }
func (f file) close() error                                                  { return f.Close() }

// folder has blocks as files that are named by their CIDs, in itself or in ipfs below it: what a
// web server serves.
type folder string

func (f folder) block(_ context.Context, c cid.Cid) ([]byte, error) {
	for _, path := range []string{filepath.Join(string(f), "ipfs", c.String()), filepath.Join(string(f), c.String())} {
		data, err := readBlock(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
	}
	return nil, errMissing
}

func readBlock(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, publish.MaxBlock+1))
	if err == nil && len(data) > publish.MaxBlock {
		err = fmt.Errorf("%s has more than the %d bytes of a block", path, publish.MaxBlock)
	}
	return data, err
}

func (f folder) car(context.Context, cid.Cid, func(publish.Block) error) error { return errNoCAR }
func (f folder) close() error                                                  { return nil }
