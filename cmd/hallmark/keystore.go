package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/verifier"
)

// maxKeyFile bounds a keystore file, in bytes.
const maxKeyFile = 64 << 10

func keystoreFlag() cli.Flag {
	return &cli.StringFlag{Name: "keystore", Usage: "`FOLDER` of keystore v3 files (default: hallmark/keystore in your configuration folder)"}
}

// accountFlags are those of every command that signs.
func accountFlags() []cli.Flag {
	return []cli.Flag{
		keystoreFlag(),
		&cli.StringFlag{Name: "account", Usage: "`ADDRESS` of the key to use (may be left out if the keystore holds only one)"},
		passwordFlag(),
	}
}

// keystoreFolder returns the folder of the keys; it may not exist yet.
func keystoreFolder(c *cli.Context) (string, error) {
	if folder := c.String("keystore"); folder != "" {
		return folder, nil
	}
	return inConfig("--keystore", "keystore")
}

// inConfig returns the path of something in the user's configuration folder, which
// a flag could have named instead.
func inConfig(flag, name string) (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", run.Usagef("%s is needed, since there is no configuration folder: %v", flag, err)
	}
	return filepath.Join(config, "hallmark", name), nil
}

// keys lists the keys of a folder by file name. Only the addresses that the files
// claim are read.
func keys(folder string) ([]accounts.Account, error) {
	info, err := os.Stat(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, run.Hint(run.Usagef("there is no keystore folder %s", folder), "hallmark key new makes one")
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, run.Usagef("%s is a file, not a folder of keys", folder)
	}
	return keystore.NewKeyStore(folder, keystore.StandardScryptN, keystore.StandardScryptP).Accounts(), nil
}

// findKey picks the account that --account names, or the only one.
func findKey(c *cli.Context) (accounts.Account, error) {
	folder, err := keystoreFolder(c)
	if err != nil {
		return accounts.Account{}, err
	}
	all, err := keys(folder)
	if err != nil {
		return accounts.Account{}, err
	}
	name := c.String("account")
	if name == "" {
		switch len(all) {
		case 0:
			return accounts.Account{}, run.Hint(run.Usagef("the keystore %s holds no key", folder), "hallmark key new makes one")
		case 1:
			return all[0], nil
		}
		return accounts.Account{}, run.Hint(run.Usagef("the keystore %s holds %d keys", folder, len(all)), "choose one with --account; hallmark key list shows them")
	}
	address, err := verifier.ParseAddress(name)
	if err != nil {
		return accounts.Account{}, run.Usagef("--account: %v", err)
	}
	for _, a := range all {
		if verifier.Address(a.Address) == address {
			return a, nil
		}
	}
	return accounts.Account{}, run.Hint(run.Usagef("the keystore %s holds no key of %s", folder, address), "hallmark key list shows which it holds")
}

// unlock opens the key that --account names.
func unlock(c *cli.Context) (*chain.Key, error) {
	account, err := findKey(c)
	if err != nil {
		return nil, err
	}
	address := verifier.Address(account.Address)
	file, err := readFile(account.URL.Path, maxKeyFile)
	if err != nil {
		return nil, err
	}
	secret, err := password(c, address.String(), false)
	if err != nil {
		return nil, err
	}
	key, err := chain.DecryptKey(file, secret)
	if errors.Is(err, keystore.ErrDecrypt) {
		return nil, run.Hint(errors.New("wrong password for "+address.String()), "the password was taken %s", passwordSource(c))
	}
	if err != nil {
		return nil, errors.New("the key file " + account.URL.Path + " cannot be read: " + err.Error())
	}
	if key.Address() != address {
		return nil, errors.New("the key file " + account.URL.Path + " claims to be of " + address.String() + " and is of " + key.Address().String())
	}
	return key, nil
}

func passwordSource(c *cli.Context) string {
	switch {
	case c.String("password-file") != "":
		return "from " + c.String("password-file")
	case os.Getenv(passwordVariable) != "":
		return "from $" + passwordVariable
	}
	return "from the terminal"
}

// secretHex reads a private key as people keep it: 64 hexadecimal digits, "0x"
// or not, white space around it. Of a bad one nothing is repeated.
func secretHex(text string) (string, bool) {
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "0x"), "0X")
	if len(text) != 64 || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return "", false
	}
	return text, true
}
