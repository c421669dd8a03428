package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier/online"
	"github.com/hallmark-node/hallmark/verifier/trustlist"
)

func trustImportCommand() *cli.Command {
	return command("import", "FILE|URL", "keep a list in which somebody says which issuers he knows",
		"Reads registries of the Digital Credentials Consortium and its list of registries, OpenID\n"+
			"Federation, W3C Recognized Entities, arrays of Open Badges profiles, and lists that this\n"+
			"command wrote. Names, identifiers and domains are kept, with where they are from and of\n"+
			"when; verify then shows on which lists an issuer is, without a network. A list never\n"+
			"decides a verdict. Importing once more brings it up to date and says what is new.\n\n"+
			"URLs are asked by https and at public addresses only. What a list of registries, or a\n"+
			"federation, names is fetched, too: a federation gives a statement for each of its entities.",
		trustImport,
		text("name", "`NAME` of the list, instead of what it calls itself; a list of that name is replaced"),
		listsFlag(),
		toggle("private", "ask addresses of private networks and of this machine, too"),
		jsonFlag())
}

// maxStatements bounds for how many entities of a federation a statement is fetched.
const maxStatements = 900

// importer brings lists into a folder.
type importer struct {
	c    *cli.Context
	kept *keptLists
	get  func(ctx context.Context, url string) ([]byte, error)
	now  time.Time
}

func trustImport(c *cli.Context) error {
	kept, err := readLists(c)
	if err != nil {
		return err
	}
	fetcher := online.New(online.Options{Private: c.Bool("private")})
	i := &importer{c, kept, func(ctx context.Context, url string) ([]byte, error) {
		answer, err := fetcher.Get(ctx, url, "application/json, application/entity-statement+jwt, */*;q=0.1")
		if err == nil && answer.Status != 200 {
			err = fmt.Errorf("%s says that the list is gone", answer.URL)
		}
		if err != nil {
			return nil, err
		}
		return answer.Body, nil
	}, time.Now()}
	r, data, err := i.read(c.Args().First())
	if err != nil {
		return err
	}
	if len(r.Others) == 0 {
		return i.keep(r, c.Args().First(), c.String("name"), data)
	}
	if c.String("name") != "" {
		return run.Usagef("--name: %s names %s, each with a name of its own", c.Args().First(), plural(len(r.Others), "list", "lists"))
	}
	i.remark(c.Args().First(), r)
	failed := 0
	for _, other := range r.Others {
		err := func() error {
			r, data, err := i.read(other.URL)
			if err == nil && len(r.Others) > 0 {
				err = errors.New("it is no list of issuers, but names others in turn")
			}
			if err != nil {
				return err
			}
			if r.List.Name == "" || other.Name != "" {
				r.List.Name = other.Name
			}
			return i.keep(r, other.URL, "", data)
		}()
		if c.Context.Err() != nil {
			return err
		}
		if err != nil {
			failed++
			say(c, "warning: %s: %v", other.Name, err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of the %d lists could not be imported", failed, len(r.Others))
	}
	return nil
}

// read reads a list from a file, or from where a URL leads to, with what was read there.
func (i *importer) read(source string) (r *trustlist.Reading, data []byte, err error) {
	scheme, _, isURL := strings.Cut(source, "://")
	switch {
	case !isURL:
		data, err = fault.ReadFile(source, trustlist.MaxSize)
	case scheme != "https" && (scheme != "http" || !i.c.Bool("private")):
		return nil, nil, run.Usagef("%s: lists are fetched by https:// only, since anyone on the way could change them", source)
	default:
		data, err = i.get(i.c.Context, source)
	}
	if err == nil {
		r, err = trustlist.Read(i.c.Context, data, i.now)
	}
	if err != nil {
		if !isURL {
			if !strings.HasSuffix(err.Error(), source) { // not named yet
				err = fmt.Errorf("%s: %w", filepath.Base(source), err)
			}
			err = run.Usagef("%w", err)
		}
		return nil, nil, err
	}
	return r, data, nil
}

// remark tells what is to be known of a list besides what is on it.
func (i *importer) remark(source string, r *trustlist.Reading) {
	for n, text := range r.Remarks {
		if n == 5 {
			say(i.c, "%s: and %d more remarks", source, len(r.Remarks)-n)
			break
		}
		say(i.c, "%s: %s", source, text)
	}
}

// keep writes a list, and says what is on it, or what is new.
func (i *importer) keep(r *trustlist.Reading, source, name string, data []byte) error {
	l, parts, origin := r.List, [][]byte{data}, source
	if r.Federation != nil {
		more, err := i.federation(r)
		if err != nil {
			return err
		}
		parts = append(parts, more...)
	}
	if !strings.Contains(source, "://") {
		origin = filepath.Base(source)
	}
	if name != "" {
		l.Name = name
	}
	if l.Name == "" {
		l.Name = nameOf(origin)
	}
	l.Got(origin, i.now, parts...)
	file, at := listFile(l.Name), i.kept.find(l.Name)
	var before *trustlist.List
	if at >= 0 {
		file, before = i.kept.files[at], i.kept.lists[at]
		if before.Origin != l.Origin && name == "" {
			return run.Hint(fmt.Errorf("there is a list %s from %s already", shortName(l.Name), before.Origin),
				"give --name %q to replace it, or another name to keep both", l.Name)
		}
	}
	if err := i.kept.write(file, l); err != nil {
		return err
	}
	i.remark(l.Name, r)
	if r.Skipped > 0 {
		say(i.c, "%s: %s passed over: not issuers by an identifier or a domain, or not now", l.Name,
			plural(r.Skipped, "entry was", "entries were"))
	}
	told := struct {
		shownList
		Added   int `json:"added"`
		Removed int `json:"removed"`
		Renamed int `json:"renamed"`
		Skipped int `json:"skipped"`
	}{i.kept.shown(file, l), len(l.Entries), 0, 0, r.Skipped}
	if before == nil {
		answer(i.c, told, "%s: %s from %s, as of %s: %s", l.Name, plural(len(l.Entries), "issuer", "issuers"), l.Origin,
			l.AsOf().Format(time.DateOnly), names(l.Entries))
		return nil
	}
	changes := l.Compare(before)
	told.Added, told.Removed, told.Renamed = len(changes.Added), len(changes.Removed), len(changes.Renamed)
	answer(i.c, told, "%s: %s from %s, as of %s: %s", l.Name, plural(len(l.Entries), "issuer", "issuers"), l.Origin,
		l.AsOf().Format(time.DateOnly), changed(changes))
	if before.Key != l.Key {
		say(i.c, "warning: %s is not signed with the key with which it was signed on %s", l.Name, before.Read.Format(time.DateOnly))
	}
	return nil
}

// changed says how a list differs from what it was.
func changed(c trustlist.Changes) string {
	var parts []string
	if len(c.Added) > 0 {
		parts = append(parts, fmt.Sprintf("%d added (%s)", len(c.Added), names(c.Added)))
	}
	if len(c.Removed) > 0 {
		parts = append(parts, fmt.Sprintf("%d removed (%s)", len(c.Removed), names(c.Removed)))
	}
	if n := len(c.Renamed); n > 0 {
		parts = append(parts, fmt.Sprintf("%d renamed (%s is now %s)", n, shortName(c.Renamed[0].From), shortName(c.Renamed[0].To)))
	}
	if len(parts) == 0 {
		return "the same as before"
	}
	return strings.Join(parts, ", ")
}

// nameOf names a list after where it is from.
func nameOf(origin string) string {
	if u, err := url.Parse(origin); err == nil && u.Host != "" {
		return u.Hostname()
	}
	return strings.TrimSuffix(origin, filepath.Ext(origin))
}

// federation adds the entities of a federation to its list, and returns what was read. The
// list is whole, or there is an error: an entity for which nobody answers now would look like
// one that was removed.
func (i *importer) federation(r *trustlist.Reading) (parts [][]byte, err error) {
	f := r.Federation
	listing, err := i.get(i.c.Context, f.ListURL)
	if err != nil {
		return nil, fmt.Errorf("the listing of %s: %w", f.Issuer, err)
	}
	subjects, err := f.Subordinates(listing)
	if err != nil {
		return nil, err
	}
	statements := make([][]byte, len(subjects))
	refused := make([]error, len(subjects))
	if len(subjects) > maxStatements {
		r.Remarks = append(r.Remarks, fmt.Sprintf("it has more than %d entities: they are kept without names", maxStatements))
	} else {
		group, ctx := errgroup.WithContext(i.c.Context)
		group.SetLimit(8)
		for n, subject := range subjects {
			group.Go(func() error {
				statements[n], refused[n] = i.get(ctx, statementURL(f.FetchURL, subject))
				if errors.Is(refused[n], online.ErrAnswer) {
					return nil
				}
				return refused[n]
			})
		}
		if err := group.Wait(); err != nil {
			return nil, fmt.Errorf("what %s says of its entities: %w", f.Issuer, err)
		}
	}
	parts = [][]byte{listing}
	for n, subject := range subjects {
		err := refused[n]
		taken := false
		if err == nil {
			taken, err = f.Add(r.List, subject, statements[n], i.now)
		}
		if err != nil {
			r.Remarks = append(r.Remarks, fmt.Sprintf("%q was passed over: %v", subject, err))
		}
		if !taken {
			r.Skipped++
		}
		parts = append(parts, statements[n])
	}
	return parts, nil
}

// statementURL is where a federation says what it knows of an entity.
func statementURL(endpoint, subject string) string {
	separator := "?"
	if strings.Contains(endpoint, "?") {
		separator = "&"
	}
	return endpoint + separator + "sub=" + url.QueryEscape(subject)
}
