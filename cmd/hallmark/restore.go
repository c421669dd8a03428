package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
)

func restoreCommand() *cli.Command {
	return command("restore", "BACKUP", "make a data folder of a backup",
		"Checks each file of the backup and opens the copy before it takes its place. It never\n"+
			"replaces a data folder that holds something. The node that the backup was made of must\n"+
			"never run again with the same account.",
		restore,
		text("data", "`FOLDER` to make"), jsonFlag())
}

func restore(c *cli.Context) error {
	data, err := needed(c, "data")
	if err != nil {
		return err
	}
	data = filepath.Clean(data)
	entries, err := os.ReadDir(data)
	if len(entries) > 0 {
		return run.Hint(fmt.Errorf("%s is not empty, and restore replaces nothing", data), "name another folder, or move this one away")
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	info, err := readBackup(c.Args().First())
	if err != nil {
		return err
	}
	err = makeFolder(data, func(temp string) error {
		for _, want := range info.Files {
			if err := restoreFile(c.Args().First(), temp, want); err != nil {
				return run.Hint(err, "this backup is damaged: take an older one")
			}
		}
		if err := durable.SyncFolder(temp); err != nil {
			return err
		}
		got, err := inspectData(temp)
		if err != nil {
			return fmt.Errorf("the restored folder cannot be opened: %w", err)
		}
		if got.Submissions != info.Submissions || got.Batches != info.Batches {
			return fmt.Errorf("the restored folder holds %d submissions and %d batches, the backup held %d and %d",
				got.Submissions, got.Batches, info.Submissions, info.Batches)
		}
		return nil
	})
	if err != nil {
		return err
	}
	reportFolder(c, data, info)
	hint(c, "what was submitted after that is to be submitted again; hallmark fsck --data %s checks what is here", data)
	return nil
}

func readBackup(folder string) (*backupInfo, error) {
	data, err := fault.ReadFile(filepath.Join(folder, backupFile), maxBackupFile)
	if err != nil {
		return nil, run.Hint(err, "%s is not a backup, or not a complete one", folder)
	}
	info := new(backupInfo)
	if err := json.Unmarshal(data, info); err != nil {
		return nil, run.Usagef("%s: %v", filepath.Join(folder, backupFile), err)
	}
	if info.Version != 1 {
		return nil, run.Usagef("%s is of version %d: a newer program can restore it", folder, info.Version)
	}
	return info, nil
}

// restoreFile copies one file of a backup and compares it with what it was.
func restoreFile(from, to string, want backedFile) error {
	if filepath.Base(want.Name) != want.Name || !filepath.IsLocal(want.Name) {
		return fmt.Errorf("%s names a file %q", backupFile, want.Name)
	}
	got, err := copyFile(from, to, want.Name, want.Size+1)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s is not what it was: %d bytes with the sha256 digest %s, want %d with %s",
			filepath.Join(from, want.Name), got.Size, got.SHA256, want.Size, want.SHA256)
	}
	return nil
}
