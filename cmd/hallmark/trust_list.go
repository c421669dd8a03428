package main

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/cmd/internal/verifycmd"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

func listsFlag() flags {
	return text("lists", "`FOLDER` of trust lists (default: hallmark/lists in your configuration folder)")
}

// keptLists are the trust lists of a folder, each in a file of its own.
type keptLists struct {
	folder string
	files  []string // names in the folder
	lists  []*trustlist.List
}

// readLists reads the lists of the folder that --lists names, or the default one. What cannot
// be read of them is told and passed over.
func readLists(c *cli.Context) (*keptLists, error) {
	folder, err := inConfig(c.String("lists"), "lists", "lists")
	if err != nil {
		return nil, err
	}
	k := &keptLists{folder: folder}
	k.files, k.lists, err = verifycmd.ReadLists(folder)
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			say(c, "warning: %s", strings.TrimSpace(line))
		}
	}
	return k, nil
}

// find returns the list with a name, as it calls itself or as its file is called; -1: there is
// none.
func (k *keptLists) find(name string) int {
	for i, file := range k.files {
		if file == name || file == name+".json" || k.lists[i].Name == name || file == listFile(name) {
			return i
		}
	}
	return -1
}

// write writes a list, all at once.
func (k *keptLists) write(file string, l *trustlist.List) error {
	data, err := l.Encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(k.folder, 0o755); err != nil {
		return err
	}
	return durable.Replace(filepath.Join(k.folder, file), data, 0o644)
}

// listFile is the file that a list of some name is kept in.
func listFile(name string) string {
	var s strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			s.WriteRune(r)
		case s.Len() > 0 && !strings.HasSuffix(s.String(), "-"):
			s.WriteByte('-')
		}
	}
	short := strings.Trim(s.String(), "-")
	if len(short) > 60 || short == "" {
		h := fnv.New32a()
		_, _ = h.Write([]byte(name)) // it cannot fail
		short = strings.Trim(short[:min(len(short), 50)]+"-"+hex.EncodeToString(h.Sum(nil)), "-")
	}
	return short + ".json"
}

// shownList is a list for programs, without its entries.
type shownList struct {
	List    string           `json:"list"`
	File    string           `json:"file"`
	Origin  string           `json:"origin"`
	SHA256  string           `json:"sha256"`
	Read    string           `json:"read"`
	Dated   string           `json:"dated,omitempty"`
	Format  trustlist.Format `json:"format"`
	Key     string           `json:"key,omitempty"`
	Entries int              `json:"entries"`
}

func (k *keptLists) shown(file string, l *trustlist.List) shownList {
	s := shownList{
		List: l.Name, File: filepath.Join(k.folder, file), Origin: l.Origin, SHA256: l.SHA256,
		Read: l.Read.Format(time.RFC3339), Format: l.Format, Key: l.Key, Entries: len(l.Entries),
	}
	if !l.Dated.IsZero() {
		s.Dated = l.Dated.Format(time.RFC3339)
	}
	return s
}

// showLists says which lists there are, for trust show.
func showLists(c *cli.Context, k *keptLists) {
	for i, l := range k.lists {
		result(c, "list %s  %s", strings.TrimSuffix(k.files[i], ".json"), printable(l.Name))
		result(c, "  origin         %s, read %s", printable(l.Origin), l.Read.Format(time.DateOnly))
		if !l.Dated.IsZero() {
			result(c, "  dated          %s", l.Dated.Format(time.DateOnly))
		}
		if l.Key != "" {
			result(c, "  signed by      key %s, which came with it", printable(l.Key))
		}
		result(c, "  on it          %s", plural(len(l.Entries), "issuer", "issuers"))
	}
}

// names are the first names of entries, for people.
func names(entries []trustlist.Entry) string {
	const most = 5
	var first []string
	for _, e := range entries[:min(most, len(entries))] {
		first = append(first, shortName(e.Name))
	}
	s := strings.Join(first, ", ")
	if more := len(entries) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// shortName is a name that somebody else chose, between quotation marks.
func shortName(name string) string {
	const most = 80
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + "…"
	}
	return credential.Quoted(name)
}

// rename gives a list another name, and so its file.
func (k *keptLists) rename(i int, name string) error {
	l, old := *k.lists[i], k.files[i]
	l.Name = name
	file := listFile(name)
	if at := k.find(name); at >= 0 && at != i {
		return run.Usagef("there is a list %s already", strings.TrimSuffix(k.files[at], ".json"))
	}
	if err := k.write(file, &l); err != nil {
		return err
	}
	if file == old {
		return nil
	}
	return os.Remove(filepath.Join(k.folder, old))
}
