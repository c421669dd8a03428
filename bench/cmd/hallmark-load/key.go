package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"golang.org/x/term"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// passwordVariable holds a password itself. There is no such flag: every user of the
// machine can read the command line.
const passwordVariable = "HALLMARK_PASSWORD"

// maxFile bounds key files and password files, in bytes.
const maxFile = 64 << 10

// unlock opens the key of an account in a keystore folder. Empty arguments stand for the
// default folder, its only key, and a password from the environment or the terminal.
func unlock(folder, account, passwordFile string) (*chain.Key, error) {
	found, err := findKey(folder, account)
	if err != nil {
		return nil, err
	}
	file, err := fault.ReadFile(found.URL.Path, maxFile)
	if err != nil {
		return nil, err
	}
	address := verifier.Address(found.Address)
	secret, err := readPassword(passwordFile, address)
	if err != nil {
		return nil, err
	}
	key, err := chain.DecryptKey(file, secret)
	if errors.Is(err, keystore.ErrDecrypt) {
		return nil, fmt.Errorf("wrong password for %s", address)
	}
	if err != nil {
		return nil, fmt.Errorf("the key file %s cannot be read: %w", found.URL.Path, err)
	}
	if key.Address() != address {
		return nil, fmt.Errorf("the key file %s claims to be of %s and is of %s", found.URL.Path, address, key.Address())
	}
	return key, nil
}

// findKey picks a key of a keystore folder by its address.
func findKey(folder, account string) (found accounts.Account, err error) {
	if folder == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return found, fault.Input("--keystore is needed, since there is no configuration folder: %w", err)
		}
		folder = filepath.Join(config, "hallmark", "keystore")
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return found, fault.Remedy(fault.Input("there is no keystore folder %s", folder), "hallmark key new makes one")
	}
	all := keystore.NewKeyStore(folder, keystore.StandardScryptN, keystore.StandardScryptP).Accounts()
	if account == "" {
		if len(all) != 1 {
			return found, fault.Remedy(fault.Input("the keystore %s holds %d keys", folder, len(all)),
				"choose one with --account; hallmark key list shows them")
		}
		return all[0], nil
	}
	address, err := verifier.ParseAddress(account)
	if err != nil {
		return found, fault.Input("--account: %w", err)
	}
	for _, one := range all {
		if verifier.Address(one.Address) == address {
			return one, nil
		}
	}
	return found, fault.Remedy(fault.Input("the keystore %s holds no key of %s", folder, address), "hallmark key list shows which it holds")
}

// readPassword gets the password of a key: from a file, the environment or the terminal.
func readPassword(path string, of verifier.Address) (string, error) {
	if path != "" {
		data, err := fault.ReadFile(path, maxFile)
		return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), err
	}
	if text := os.Getenv(passwordVariable); text != "" {
		return text, nil
	}
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		err := fault.Input("the password is needed, and there is no terminal to ask at")
		return "", fault.Remedy(err, "give --password-file FILE, or set %s", passwordVariable)
	}
	fmt.Fprintf(os.Stderr, "%s: password of %s: ", program, of)
	text, err := term.ReadPassword(in)
	fmt.Fprintln(os.Stderr)
	return string(text), err
}
