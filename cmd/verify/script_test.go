package main

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/archive"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"verify": main})
}

// TestScripts runs the files of testdata/script, which read as documentation of
// the command. $DATA has a badge, its proof and trust stores, $SAMPLES the sample badges. What
// verify reads and shells cannot make is made by:
//
//	zip FILE.zip NAME...             a zip of files, by the names as they are; NAME->TO is a link, NAME/ a folder
//	name FROM QUOTED                 gives a file the name that Go reads so
//	ndjson FILE PROOF...             proofs on a line each
//	archive FILE NAME PROOF...       a proof archive of names and proofs
//	unhex FILE TO                    the bytes whose hex digits a file has
//	lf FILE TO                       a copy with line feeds alone at the ends of lines
//	college                          starts an issuer's web server for the files of www; $ISSUER is its did:web, $COLLEGE its URL
//	asked N                          wants it to have been asked N times since it was started, or since the last asked
//	sign FILE                        signs a badge by a key of the college, in www/.well-known/did.json
//	prove FILE...                    FILE.proof.json of each, and trust.json, by which they are VALID; verify judges as of then
func TestScripts(t *testing.T) {
	data, err := filepath.Abs("../../verifier/testdata")
	if err != nil {
		t.Fatal(err)
	}
	samples, err := filepath.Abs("../../testdata/badges")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATA", data)
			env.Setenv("SAMPLES", samples)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "zip": makeZip, "ndjson": makeLines, "archive": makeArchive, "lf": makeLF, "name": rename, "unhex": unhex,
			"college": startCollege, "asked": asked, "prove": prove, "sign": sign,
		},
	})
}

// status runs a command and wants it to exit with a status: status 3 verify x.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit status %d, want %s", code, args[0])
	}
}

func check(ts *testscript.TestScript, err error) {
	if err != nil {
		ts.Fatalf("%v", err)
	}
}

func makeZip(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	check(ts, err)
	w := zip.NewWriter(f)
	for _, name := range args[1:] {
		if link, to, ok := strings.Cut(name, "->"); ok {
			header := &zip.FileHeader{Name: link}
			header.SetMode(os.ModeSymlink | 0o777)
			entry, err := w.CreateHeader(header)
			check(ts, err)
			_, err = io.WriteString(entry, to)
			check(ts, err)
			continue
		}
		entry, err := w.Create(name)
		if strings.HasSuffix(name, "/") {
			check(ts, err)
			continue
		}
		check(ts, err)
		_, err = io.WriteString(entry, ts.ReadFile(name))
		check(ts, err)
	}
	check(ts, errors.Join(w.Close(), f.Close()))
}

func makeLines(ts *testscript.TestScript, _ bool, args []string) {
	var lines strings.Builder
	for _, name := range args[1:] {
		// Outside of its texts JSON needs no line feeds, and proofs have none inside.
		lines.WriteString(strings.ReplaceAll(strings.TrimSpace(ts.ReadFile(name)), "\n", "") + "\n")
	}
	check(ts, os.WriteFile(ts.MkAbs(args[0]), []byte(lines.String()), 0o666))
}

func makeArchive(ts *testscript.TestScript, _ bool, args []string) {
	var all archive.Collection
	for i := 1; i < len(args); i += 2 {
		p, err := verifier.ParseProof([]byte(ts.ReadFile(args[i+1])))
		check(ts, err)
		check(ts, all.Add(p, args[i]))
	}
	var out bytes.Buffer
	w := archive.NewWriter(&out)
	check(ts, errors.Join(all.Write(w), w.Close()))
	check(ts, os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o666))
}

func rename(ts *testscript.TestScript, _ bool, args []string) {
	name, err := strconv.Unquote(`"` + args[1] + `"`)
	check(ts, err)
	check(ts, os.Rename(ts.MkAbs(args[0]), ts.MkAbs(name)))
}

func unhex(ts *testscript.TestScript, _ bool, args []string) {
	data, err := hex.DecodeString(strings.TrimSpace(ts.ReadFile(args[0])))
	check(ts, err)
	check(ts, os.WriteFile(ts.MkAbs(args[1]), data, 0o666))
}

func makeLF(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		ts.Fatalf("%s: not every line ends with CR and LF", args[0])
	}
	check(ts, os.WriteFile(ts.MkAbs(args[1]), []byte(strings.ReplaceAll(text, "\r\n", "\n")), 0o666))
}
