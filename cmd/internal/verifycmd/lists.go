package verifycmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier/files"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

// maxLists bounds how many trust lists a folder may have.
const maxLists = 256

// ReadLists reads the trust lists of a folder, by file name. Those that cannot be read are
// told of in the error, and the others returned all the same. A folder that is not there has
// none.
func ReadLists(folder string) (names []string, lists []*trustlist.List, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") || strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		if len(names) == maxLists {
			err = errors.Join(err, fmt.Errorf("%s has more than %d lists", folder, maxLists))
			break
		}
		path := filepath.Join(folder, e.Name())
		data, failed := files.Read(path, trustlist.MaxSize)
		var list *trustlist.List
		if failed == nil {
			if list, failed = trustlist.Parse(data); failed != nil {
				failed = fmt.Errorf("%s: %w", path, failed)
			}
		}
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		names, lists = append(names, e.Name()), append(lists, list)
	}
	return names, lists, err
}

// loadLists returns what reads the trust lists once an issuer is known. What is wrong with
// them is a remark: no verdict depends on them.
func loadLists(c *cli.Context) (func() *trustlist.Index, error) {
	named := c.String("lists")
	if named != "" {
		if info, err := os.Stat(named); err != nil || !info.IsDir() {
			return nil, run.Usagef("--lists: there is no folder %s", named)
		}
	}
	return sync.OnceValue(func() *trustlist.Index {
		folder := named
		if folder == "" {
			config, err := os.UserConfigDir()
			if err != nil {
				return nil // no home: there is no such folder either
			}
			folder = filepath.Join(config, "hallmark", "lists")
		}
		_, lists, err := ReadLists(folder)
		if err != nil && !c.Bool("quiet") {
			for line := range strings.Lines(err.Error()) {
				fmt.Fprintln(c.App.ErrWriter, run.Line(fmt.Sprintf("%s: warning: %s", c.App.Name, strings.TrimSpace(line))))
			}
		}
		return trustlist.NewIndex(lists)
	}), nil
}

// listed says for people that an issuer is on a list, and by what it was found.
func listed(l trustlist.Listed) string {
	s := fmt.Sprintf("%s is listed by %s as of %s", credential.Printable(l.Issuer), quoted(l.List), l.AsOf.Format(time.DateOnly))
	if l.Name != l.Issuer {
		s += ", as " + quoted(l.Name)
	}
	return s
}
