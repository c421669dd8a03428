package main

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

func submitCommand() *cli.Command {
	return command("submit", "[FILE|FOLDER...]", "sign credentials and hand them to a node, as one submission",
		"Writes FILE.proof.json beside each FILE (or into --out) before anything is sent: it\n"+
			"holds the salt, without which nobody can ever tell what was submitted. The proofs are\n"+
			"pending until hallmark upgrade completes them, or --wait does. Of a FOLDER all files are\n"+
			"taken, also those in folders below, but hidden ones, proofs, and those of the system such\n"+
			"as Thumbs.db. One that cannot be taken is told of, and the others are submitted. A zip is\n"+
			"submitted as one file.\n\n"+
			fmt.Sprintf("More than %d proofs go into one archive, NAME.proofs, with the name of what was given first,\n", archiveFrom)+
			"or any number with --archive. More than 1048576 credentials make several submissions.\n\n"+
			"If anything goes wrong after the proofs were written, run the same command again: it\n"+
			"sends the same submission again, and the node takes it once.\n\n"+
			"Evidence that your domain named the key goes in by itself, as long as it is valid: see\n"+
			"hallmark identity.\n\n"+
			"Exit status: 0 once the node has it safely (with --wait: once all proofs are complete),\n"+
			"1 if something failed or a file could not be taken, 2 if nothing was done.",
		submit,
		nodeFlag(),
		text("home", "home registry `CAIP-10` to sign for (default: the node's)"),
		text("out", "write the proofs into `FOLDER`"),
		texts("cid", "submit a credential that is not here by its `CID`; may be repeated"),
		texts("cids", "submit the CIDs in `FILE`: one in each line, or the column \"cid\" of a CSV file; - is standard input; may be repeated"),
		text("archive", "write all proofs into one archive, `FILE`"),
		toggle("discoverable", "no salts: whoever holds or guesses a file can find its proof"),
		toggle("wait", "wait until the anchor is final, and complete the proofs"),
		apiKeyFlag(), formFlag(), jsonFlag(), accountFlags(), identityFlags(), trustFlag())
}

func submit(c *cli.Context) error {
	refused := &refusals{remedy: "once the cause is gone run the same command again: what was submitted is not submitted twice"}
	return refused.end(c, submitAll(c, refused))
}

func submitAll(c *cli.Context, refused *refusals) error {
	sources, err := submitUsage(c, refused)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(refused.without(sources.Inputs(c.Context)))
	defer stop()
	var first []*issuer.Input
	for c.String("archive") == "" && len(first) <= archiveFrom {
		in, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			return submitFiles(c, first, refused)
		}
		kept := *in
		kept.CID = slices.Clone(in.CID)
		first = append(first, &kept)
	}
	path, err := archivePath(c)
	if err != nil {
		return err
	}
	return submitArchive(c, path, refused, func(yield func(*issuer.Input, error) bool) {
		for _, in := range first {
			if !yield(in, nil) {
				return
			}
		}
		for {
			in, err, ok := next()
			if !ok || !yield(in, err) {
				return
			}
		}
	})
}

// refusals are the files that cannot be taken. They stop nobody, and are told of at the end.
type refusals struct {
	all    []issuer.Refusal
	remedy string // how they get in once the cause is gone
}

func (r *refusals) add(one issuer.Refusal) { r.all = append(r.all, one) }

// without yields inputs without the files that cannot be taken.
func (r *refusals) without(in iter.Seq2[*issuer.Input, error]) iter.Seq2[*issuer.Input, error] {
	return func(yield func(*issuer.Input, error) bool) {
		for in, err := range in {
			if in != nil && err != nil {
				r.add(issuer.Refusal{From: in.File, Err: err})
			} else if !yield(in, err) {
				return
			}
		}
	}
}

// errNoneTaken says that no credential was left to submit.
var errNoneTaken = errors.New("there is nothing to submit")

// end returns the error of the call, err being that of the files that were taken.
func (r *refusals) end(c *cli.Context, err error) error {
	var all []error
	for _, one := range r.all {
		all = append(all, one.Err)
		answerJSON(c, struct {
			From  string `json:"from"`
			Error string `json:"error"`
		}{one.From, one.Err.Error()})
	}
	switch n := len(all); {
	case n == 0:
		return err
	case errors.Is(err, errNoneTaken):
		return failures(c, all)
	case err == nil && n == 1:
		err = run.Hint(errors.New("one file was not submitted"), "%s", r.remedy)
	case err == nil:
		err = run.Hint(fmt.Errorf("%d files were not submitted", n), "%s", r.remedy)
	}
	for _, one := range all {
		say(c, "not submitted: %v", one)
	}
	return err
}

// submitUsage reads what the call is about.
func submitUsage(c *cli.Context, refused *refusals) (*issuer.Sources, error) {
	if c.NArg()+len(c.StringSlice("cid"))+len(c.StringSlice("cids")) == 0 {
		return nil, run.Usagef("what shall be submitted? give files, folders, --cid or --cids")
	}
	form, err := form(c)
	if err != nil {
		return nil, err
	}
	out := c.String("out")
	if info, err := os.Stat(out); out != "" && (err != nil || !info.IsDir()) {
		return nil, run.Usagef("--out: there is no folder %s", out)
	}
	if out != "" && c.String("archive") != "" {
		return nil, run.Usagef("--archive names the file for all proofs: leave --out away")
	}
	found, err := issuer.Expand(c.Args().Slice())
	if err != nil {
		return nil, err
	}
	found.LeaveProofs()
	if len(found.Files)+len(found.Refused)+len(c.StringSlice("cid"))+len(c.StringSlice("cids")) == 0 {
		return nil, run.Usagef("there is nothing to submit but proofs: name the credentials")
	}
	sayLeft(c, found)
	for _, one := range found.Refused {
		refused.add(one)
	}
	for _, file := range found.Files {
		if strings.EqualFold(filepath.Ext(file), ".zip") {
			say(c, "%s is submitted as one file: unpack it to submit what is in it", file)
		}
	}
	return &issuer.Sources{
		Files: found.Files, Form: form, CIDs: c.StringSlice("cid"), Lists: c.StringSlice("cids"), Stdin: c.App.Reader, Progress: showProgress(c),
	}, nil
}

// submitter makes what hands credentials to the node.
func submitter(c *cli.Context) (*issuer.Submitter, error) {
	node, err := openNode(c)
	if err == nil {
		err = useAPIKey(c, node)
	}
	if err != nil {
		return nil, err
	}
	s := &issuer.Submitter{
		Node: node, Discoverable: c.Bool("discoverable"), Progress: showProgress(c),
		Key:     func(home verifier.Home) (issuer.Key, error) { return unlockIssuer(c, accountOf(c), home) },
		Changed: func(one *issuer.Submitted) { saySubmitted(c, one) },
		Say:     sayText(c),

		Evidence: submittedIdentity(c),
	}
	if s.Home, err = parsed(c, "home", verifier.ParseHome); err != nil {
		return nil, err
	}
	s.Issuer, err = parsed(c, "account", verifier.ParseAddress)
	return s, err
}

// unlockIssuer opens the key that is to sign a submission. It shows what for first.
func unlockIssuer(c *cli.Context, a account, home verifier.Home) (issuer.Key, error) {
	showHome(c, home)
	key, err := a.unlock(c)
	if err != nil {
		return nil, err
	}
	say(c, "signing as %s", key.Address())
	return key, nil
}

// saySubmitted tells of a submission that the node has.
func saySubmitted(c *cli.Context, one *issuer.Submitted) {
	if one.Of == nil && one.State == publish.Final && !one.Sent {
		return // the archive says so itself
	}
	how := "has"
	switch {
	case one.Sent && one.Known && one.Of != nil:
	case one.Sent:
		how = "took"
	case one.Of != nil:
		var pending []*issuer.Credential
		for _, item := range one.Of {
			if item.Proof.Pending() {
				pending = append(pending, item)
				continue
			}
			say(c, "%s was submitted before, and its proof %s is complete", item.From, item.Path)
		}
		if len(pending) > 0 {
			say(c, "%s: the node has submission %s already: %s", namesOf(pending), one.ID, one.State)
		}
		return
	}
	say(c, "the node %s submission %s of %s: %s", how, one.ID, credentials(one.Count), one.State)
}

// submitFiles submits credentials whose proofs go into files of their own.
func submitFiles(c *cli.Context, inputs []*issuer.Input, refused *refusals) error {
	if len(inputs) == 0 {
		return errNoneTaken
	}
	list, err := issuer.Credentials(inputs, c.String("out"))
	if err != nil {
		return err
	}
	s, err := submitter(c)
	if err != nil {
		return err
	}
	s.Refused = refused.add
	done, err := s.Submit(c.Context, list)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(one *issuer.Credential) bool { return one.Proof == nil })
	if len(list) == 0 {
		return errNoneTaken
	}
	if err := waitFor(c, s, issuer.ProofFiles(list), done); err != nil {
		return err
	}
	if c.Bool("json") {
		submitJSON(c, done)
	} else {
		for _, item := range list {
			result(c, "%s", printable(item.Path))
		}
		sayUnread(c, list)
		if slices.ContainsFunc(done, func(one *issuer.Submitted) bool { return one.State != publish.Final }) {
			hint(c, "complete the proofs with hallmark upgrade, in some minutes")
		}
	}
	return nil
}

// sayUnread tells of files among those that were submitted of which verifiers will not learn what
// they have to: badges that are only links, and what cannot be read without doubt. Few are looked
// at: it is only a remark.
func sayUnread(c *cli.Context, list []*issuer.Credential) {
	var links, unread []string
	var why, proof string // of the first
	for _, item := range list[:min(len(list), 100)] {
		file, err := fault.ReadFile(item.From, credential.MaxJSON)
		if err != nil {
			continue
		}
		d := credential.Describe(file)
		problem := d.Unread()
		switch {
		case d.OnlyLinks():
			links = append(links, item.From)
		case problem != "":
			why, proof = cmp.Or(why, problem), cmp.Or(proof, item.Path)
			unread = append(unread, item.From)
		}
	}
	if len(links) > 0 {
		say(c, "%s is only links: what it is for and who issued it stands on its platform, and is not covered", andMore(links))
		hint(c, "hallmark freeze %s makes a document of it that can be submitted, too", links[0])
	}
	if len(unread) > 0 {
		say(c, "warning: verify will say UNKNOWN of %s, since what it says cannot be read without doubt: %s", andMore(unread), why)
		hint(c, "hallmark replace %s CORRECTED submits a corrected file in its place", proof)
	}
}

// andMore names the first of some files.
func andMore(files []string) string {
	if n := len(files) - 1; n > 0 {
		return fmt.Sprintf("%s (and %d more)", files[0], n)
	}
	return files[0]
}

// namesOf names credentials for people.
func namesOf(items []*issuer.Credential) string {
	if len(items) == 1 {
		return items[0].From
	}
	return fmt.Sprintf("%s and %d more", items[0].From, len(items)-1)
}

func submitJSON(c *cli.Context, done []*issuer.Submitted) {
	type credentialJSON struct {
		From  string `json:"from"`
		CID   string `json:"cid"`
		Proof string `json:"proof"`
	}
	for _, one := range done {
		var list []credentialJSON
		for _, item := range one.Of {
			list = append(list, credentialJSON{item.From, item.CID.String(), item.Path})
		}
		resultJSON(c, struct {
			*issuer.Submitted
			Known       bool             `json:"known"` // it was submitted before this call
			Credentials []credentialJSON `json:"credentials"`
		}{one, one.Known, list})
	}
}

// waitFor completes, with --wait, the proofs of submissions that the node has.
func waitFor(c *cli.Context, s *issuer.Submitter, proofs []*issuer.ProofFile, done []*issuer.Submitted) error {
	if !c.Bool("wait") {
		return nil
	}
	var failed []error
	for _, o := range s.Wait(c.Context, proofs, sayState(c)) {
		if o.Err != nil && !errors.Is(o.Err, issuer.ErrRetired) {
			o.Err = run.Hint(o.Err, "the node has the submission: complete the proofs later, with hallmark upgrade")
		}
		if o.Err != nil {
			failed = append(failed, o.Err)
		}
	}
	for _, one := range done {
		one.State = publish.Final
	}
	return failures(c, failed)
}

// sayLeft names files that were not looked at, the first of many, and counts system files.
func sayLeft(c *cli.Context, found *issuer.Found) {
	const most = 10
	left, more := found.Left, ""
	if n := len(left) - most; n > 0 {
		left, more = left[:most], fmt.Sprintf(", and %d more", n)
	}
	if len(left) > 0 {
		say(c, "not looked at: %s%s", strings.Join(left, ", "), more)
	}
	switch found.System {
	case 0:
	case 1:
		say(c, "1 system file left out")
	default:
		say(c, "%d system files left out", found.System)
	}
}

// archiveFrom is how many credentials go into files of their own; more go into one
// archive.
const archiveFrom = 1000

// archivePath returns where the proofs of this call go if they go into an archive.
func archivePath(c *cli.Context) (string, error) {
	if path := c.String("archive"); path != "" {
		return path, nil
	}
	name := c.Args().First()
	if lists := c.StringSlice("cids"); name == "" && len(lists) > 0 && lists[0] != "-" {
		name = lists[0]
	}
	if name == "" {
		return "", run.Hint(run.Usagef("more than %d proofs go into one file, which needs a name", archiveFrom),
			"give --archive FILE%s", archive.Suffix)
	}
	path := filepath.Clean(name) + archive.Suffix
	if out := c.String("out"); out != "" {
		path = filepath.Join(out, filepath.Base(path))
	}
	return path, nil
}

// submitArchive submits credentials whose proofs go into an archive.
func submitArchive(c *cli.Context, path string, refused *refusals, in iter.Seq2[*issuer.Input, error]) error {
	refused.remedy = "once the cause is gone submit those files alone: the archive is of the others"
	s, err := submitter(c)
	if err != nil {
		return err
	}
	// There are few objects, and large ones: collecting often costs nothing, and halves
	// the memory.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	done, err := s.SubmitArchive(c.Context, in, path)
	if err != nil {
		return err
	}
	a, err := issuer.OpenArchive(path)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := waitFor(c, s, a.Proofs(), done); err != nil {
		return err
	}
	if done[0].State != publish.Final {
		hint(c, "complete the proofs with hallmark upgrade %s, in some minutes", path)
	}
	answer(c, struct {
		Archive     string              `json:"archive"`
		Credentials int                 `json:"credentials"`
		Submissions []*issuer.Submitted `json:"submissions"`
	}{path, a.Len(), done}, "%s", path)
	return nil
}
