package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
)

func backupCommand() *cli.Command {
	return command("backup", "FOLDER", "copy the data folder of a node, which may be running",
		"FOLDER is made. It holds every submission that was acknowledged before the command was\n"+
			"started, and "+backupFile+" with the digest of each file. It is opened once before the\n"+
			"command ends. Run it as the user of the node; hallmark restore takes it back.",
		backup,
		text("data", "`FOLDER` of the node's state"), jsonFlag())
}

// backupFile describes a backup, and makes it one: it is written last.
const backupFile = "backup.json"

// maxBackupFile bounds backupFile, in bytes: some 100 for each file of the store.
const maxBackupFile = 256 << 20

// backupInfo is what backupFile holds.
type backupInfo struct {
	Version     int          `json:"hallmarkBackup"` // 1
	MadeAt      time.Time    `json:"madeAt"`
	Program     string       `json:"program"`
	Chains      []string     `json:"chains"` // registries, CAIP-10
	Submissions uint64       `json:"submissions"`
	Batches     uint64       `json:"batches"`
	Files       []backedFile `json:"files"`
}

type backedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func backup(c *cli.Context) error {
	data, err := needed(c, "data")
	if err != nil {
		return err
	}
	out := filepath.Clean(c.Args().First())
	if _, err := os.Lstat(out); err == nil {
		return run.Usagef("%s is there already; a backup never replaces anything", out)
	}
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return run.Usagef("there is no data folder %s", data)
	}
	var info *backupInfo
	err = makeFolder(out, func(temp string) error {
		source, release, err := checkpoint(c.Context, data)
		if err != nil {
			return err
		}
		files, err := copyFiles(c.Context, source, temp)
		if err := errors.Join(err, release()); err != nil {
			return fmt.Errorf("the backup is not complete: %w", err)
		}
		if info, err = inspectData(temp); err != nil {
			return fmt.Errorf("the copy cannot be opened: %w", err)
		}
		info.Version, info.MadeAt, info.Program, info.Files = 1, time.Now().UTC().Truncate(time.Second), run.ThisBuild().Version, files
		text, err := json.MarshalIndent(info, "", "  ")
		if err != nil {
			return err
		}
		return durable.Replace(filepath.Join(temp, backupFile), append(text, '\n'), 0o600)
	})
	if err == nil {
		reportFolder(c, out, info)
	}
	return err
}

// makeFolder makes a folder by what fill writes into a temporary one beside it: all of it,
// or none. An empty folder may be in its place.
func makeFolder(folder string, fill func(temp string) error) error {
	temp, err := os.MkdirTemp(filepath.Dir(folder), "."+filepath.Base(folder)+".*.tmp")
	if err != nil {
		return err
	}
	if err = fill(temp); err == nil {
		_ = os.Remove(folder) // if it is not empty it stays, and renaming fails
		err = os.Rename(temp, folder)
	}
	if err != nil {
		_ = os.RemoveAll(temp)
		return err
	}
	return durable.SyncFolder(filepath.Dir(folder))
}

// reportFolder tells what is in a folder that was backed up or restored.
func reportFolder(c *cli.Context, folder string, info *backupInfo) {
	if !c.Bool("json") {
		say(c, "%s holds %s and %s as of %s", folder, plural(int(info.Submissions), "submission", "submissions"),
			plural(int(info.Batches), "batch", "batches"), info.MadeAt.Format(time.RFC3339))
		return
	}
	resultJSON(c, struct {
		Folder      string    `json:"folder"`
		MadeAt      time.Time `json:"madeAt"`
		Chains      []string  `json:"chains"`
		Submissions uint64    `json:"submissions"`
		Batches     uint64    `json:"batches"`
	}{folder, info.MadeAt, info.Chains, info.Submissions, info.Batches})
}

// checkpoint returns a folder with the files of a data folder at one moment, made by the
// node that runs there, or if there is none from the folder itself. It stays until release.
func checkpoint(ctx context.Context, data string) (folder string, release func() error, err error) {
	response, err := askNode(ctx, data, http.MethodGet, "/backup")
	if opError := (*net.OpError)(nil); errors.As(err, &opError) && opError.Op == "dial" {
		return checkpointFolder(data, err)
	}
	if err != nil {
		return "", nil, fmt.Errorf("the node that runs on %s does not answer: %w", data, err)
	}
	text, err := bufio.NewReader(io.LimitReader(response.Body, 4096)).ReadString('\n')
	if response.StatusCode != http.StatusOK || err != nil {
		_ = response.Body.Close() // there is a better error
		return "", nil, fmt.Errorf("the node that runs on %s cannot: %s", data, text)
	}
	return filepath.Join(data, adminFolder, filepath.Base(strings.TrimSpace(text)), "checkpoint"), response.Body.Close, nil
}

// checkpointFolder is checkpoint without a node. asked is why none was asked.
func checkpointFolder(data string, asked error) (folder string, release func() error, err error) {
	// For reading first: that fails where there is no store, instead of making one.
	s, err := store.Open(data, store.Options{ReadOnly: true})
	if err == nil {
		if err = s.Close(); err == nil {
			s, err = store.Open(data, store.Options{})
		}
	}
	if errors.Is(err, store.ErrLocked) {
		err := fmt.Errorf("a node runs on %s and cannot be asked: %w", data, asked)
		return "", nil, run.Hint(err, "run this as the node's user, on its machine")
	}
	if err != nil {
		return "", nil, err
	}
	admin := filepath.Join(data, adminFolder)
	folder = filepath.Join(admin, "checkpoint")
	if err = os.RemoveAll(admin); err == nil {
		err = s.Folder().Checkpoint(folder)
	}
	return folder, func() error { return os.RemoveAll(admin) }, errors.Join(err, s.Close())
}

// copyFiles copies all files of a folder into another one, and returns them once they are
// on disk.
func copyFiles(ctx context.Context, from, to string) (files []backedFile, err error) {
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		file, err := copyFile(from, to, e.Name(), math.MaxInt64)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, durable.SyncFolder(to)
}

// copyFile copies at most so many bytes of a file into another folder, and returns once
// they are on disk there.
func copyFile(from, to, name string, most int64) (backedFile, error) {
	source, err := os.Open(filepath.Join(from, name))
	if err != nil {
		return backedFile{}, err
	}
	defer source.Close()
	f, err := os.OpenFile(filepath.Join(to, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return backedFile{}, err
	}
	digest := sha256.New()
	size, err := io.Copy(io.MultiWriter(f, digest), io.LimitReader(source, most))
	err = errors.Join(err, f.Sync(), f.Close())
	return backedFile{name, size, hex.EncodeToString(digest.Sum(nil))}, err
}

// inspectData opens a data folder for reading and says what is in it. The folder
// is then as it was.
func inspectData(folder string) (*backupInfo, error) {
	s, err := store.Open(folder, store.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	info := &backupInfo{}
	bound, err := s.Chains()
	if err != nil {
		err = fmt.Errorf("what it is bound to: %w", err)
	}
	for i := range bound {
		info.Chains = append(info.Chains, bound[i].Home().String())
	}
	if err == nil && len(bound) == 0 {
		err = errors.New("it is bound to no chain: no node has run on it")
	}
	var err2, err3 error
	info.Submissions, err2 = s.Accepted()
	info.Batches, err3 = s.LastBatch()
	if err := errors.Join(err, err2, err3, s.Close()); err != nil {
		return nil, err
	}
	if err := os.Remove(filepath.Join(folder, "LOCK")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return info, nil
}
