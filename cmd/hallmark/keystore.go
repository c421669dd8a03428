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
	"github.com/hallmark-node/hallmark/internal/fault"
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

// account says which key is meant, and where its password is.
type account struct {
	keystore     string // folder; empty: the default one
	address      string // may be empty if the folder holds only one key
	passwordFile string // may be empty
}

// accountOf reads the flags of accountFlags.
func accountOf(c *cli.Context) account {
	return account{c.String("keystore"), c.String("account"), c.String("password-file")}
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

// find picks the key that is meant.
func (a account) find() (accounts.Account, error) {
	folder := a.keystore
	if folder == "" {
		var err error
		if folder, err = inConfig("--keystore", "keystore"); err != nil {
			return accounts.Account{}, err
		}
	}
	all, err := keys(folder)
	if err != nil {
		return accounts.Account{}, err
	}
	name := a.address
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
	for _, one := range all {
		if verifier.Address(one.Address) == address {
			return one, nil
		}
	}
	return accounts.Account{}, run.Hint(run.Usagef("the keystore %s holds no key of %s", folder, address), "hallmark key list shows which it holds")
}

// unlock opens the key that --account names.
func unlock(c *cli.Context) (*chain.Key, error) { return accountOf(c).unlock(c) }

func (a account) unlock(c *cli.Context) (*chain.Key, error) {
	found, err := a.find()
	if err != nil {
		return nil, err
	}
	address := verifier.Address(found.Address)
	file, err := fault.ReadFile(found.URL.Path, maxKeyFile)
	if err != nil {
		return nil, err
	}
	secret, err := passwordFrom(c, a.passwordFile, address.String(), false)
	if err != nil {
		return nil, err
	}
	key, err := chain.DecryptKey(file, secret)
	if errors.Is(err, keystore.ErrDecrypt) {
		return nil, run.Hint(errors.New("wrong password for "+address.String()), "the password was taken %s", a.passwordSource())
	}
	if err != nil {
		return nil, errors.New("the key file " + found.URL.Path + " cannot be read: " + err.Error())
	}
	if key.Address() != address {
		return nil, errors.New("the key file " + found.URL.Path + " claims to be of " + address.String() + " and is of " + key.Address().String())
	}
	return key, nil
}

func (a account) passwordSource() string {
	switch {
	case a.passwordFile != "":
		return "from " + a.passwordFile
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
