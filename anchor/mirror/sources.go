package mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// sources are those of a mirror, in the order of its configuration. They are asked one after the
// other until one has what is wanted, the least busy first of those that are equal.
type sources []*source

// sourcePatience is how long a request may take for who keeps no blocks.
const sourcePatience = time.Minute

// Blocks opens sources for who reads published blocks and keeps none: URLs of gateways, CAR files and
// folders, as they are named to a mirror. What get returns is the block that was asked for. Close ends
// their use.
func Blocks(names []string, log *slog.Logger) (get publish.Getter, end func() error, err error) {
	list, err := openSources(names, sourcePatience, log)
	return list.get, list.close, err
}

// openSources opens what is named: URLs of gateways, CAR files, and folders.
func openSources(names []string, patience time.Duration, log *slog.Logger) (list sources, err error) {
	defer func() {
		if err != nil {
			_ = list.close()
			list = nil
		}
	}()
	for _, name := range names {
		s := &source{name: name, log: log}
		if strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") {
			if s.blocks, s.name, err = newGateway(name, patience); err != nil {
				return list, err
			}
		} else {
			info, err := os.Stat(name)
			if err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					err = errors.New("there is no such file")
				}
				return list, fmt.Errorf("%s: %w; a source of blocks is a URL, a CAR file or a folder", name, err)
			}
			s.local = true
			if info.IsDir() {
				// It has no files of blocks, and would pass for a source that has nothing.
				if _, err := os.Stat(filepath.Join(name, "LOCK")); err == nil {
					return list, fault.Remedy(fmt.Errorf("%s is the data folder of a node, and no source of blocks", name),
						"hallmark export --data makes a CAR file of it; or mirror with it as --data")
				}
				s.blocks = folder(name)
			} else if s.blocks, err = openFile(name); err != nil {
				return list, err
			}
		}
		if slices.ContainsFunc(list, func(o *source) bool { return o.name == s.name }) {
			s.name = fmt.Sprintf("%s#%d", s.name, len(list)+1)
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, errors.New("no source of blocks is named")
	}
	return list, nil
}

// withoutSecrets is what is said of a URL: its scheme and host.
func withoutSecrets(u *url.URL) string { return u.Scheme + "://" + u.Host }

func (list sources) close() (err error) {
	for _, s := range list {
		err = errors.Join(err, s.close())
	}
	return err
}

// order returns the sources that may be asked, the best first. resting says that there are others,
// which may be asked later.
func (list sources) order() (usable sources, resting bool) {
	now := time.Now()
	busy := make(map[*source]int)
	for _, s := range list {
		ok, _ := s.usable(now)
		s.mu.Lock()
		lied := s.lied != ""
		busy[s] = s.busy
		s.mu.Unlock()
		if ok {
			usable = append(usable, s)
		} else if !lied {
			resting = true
		}
	}
	slices.SortStableFunc(usable, func(a, b *source) int {
		if a.local != b.local {
			if a.local {
				return -1
			}
			return 1
		}
		return cmp.Compare(busy[a], busy[b])
	})
	return usable, resting
}

// nobodyError says that no source has a block.
type nobodyError struct {
	what string
	last error // what one of them said beside that, nil if nothing
}

func (e *nobodyError) Error() string {
	if e.last != nil {
		return fmt.Sprintf("%s could not be had: %v", e.what, e.last)
	}
	return e.what + " is at none of the sources"
}

func (e *nobodyError) Unwrap() error { return e.last }

// get returns a block from the first source that has it.
func (list sources) get(ctx context.Context, c cid.Cid) ([]byte, error) {
	usable, resting := list.order()
	e := &nobodyError{what: fmt.Sprintf("block %s", c)}
	if resting {
		e.last = errors.New("some sources do not answer now")
	}
	if len(usable) == 0 && !resting {
		e.last = errors.New("all sources have lied, and none of them is asked any more")
	}
	for _, s := range usable {
		data, err := s.get(ctx, c)
		switch {
		case err == nil:
			return data, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !errors.Is(err, errMissing):
			e.last = err
		}
	}
	return nil, e
}

// getAll hands the blocks below a root on, as far as the sources send them in one piece: those of each
// source that is asked to what sending returns. What is lacking after that is for get. An error is one
// of taking a block.
func (list sources) getAll(ctx context.Context, root cid.Cid, sending func() func(publish.Block) error) error {
	usable, _ := list.order()
	for _, s := range usable {
		s.mu.Lock()
		skip := s.noCAR
		s.mu.Unlock()
		if skip {
			continue
		}
		var failed error
		put := sending()
		err := s.getAll(ctx, root, func(b publish.Block) error {
			err := put(b)
			if told := lieError(""); err != nil && !errors.As(err, &told) {
				failed = err
			}
			return err
		})
		switch {
		case failed != nil:
			return failed
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return nil
		}
	}
	return nil
}
