package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

// maxKeyFile bounds a keystore file, in bytes.
const maxKeyFile = 64 << 10

const keystoreUsage = "`FOLDER` of keystore v3 files (default: hallmark/keystore in your configuration folder)"

func keystoreFlag() flags {
	return text("keystore", keystoreUsage)
}

// accountFlags are those of every command that signs.
func accountFlags() flags {
	return slices.Concat(keystoreFlag(),
		text("account", "`ADDRESS` of the key to use (may be left out if the keystore holds only one)"), passwordFlag())
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

// inConfig returns the path that a flag gave, or else that of something in the user's
// configuration folder. It may not exist yet.
func inConfig(given, flag, name string) (string, error) {
	if given != "" {
		return given, nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", run.Usagef("--%s is needed, since there is no configuration folder: %v", flag, err)
	}
	return filepath.Join(config, "hallmark", name), nil
}

// folder returns the folder of the keys; it may not exist yet.
func (a account) folder() (string, error) { return inConfig(a.keystore, "keystore", "keystore") }

// keys lists the keys of the folder by file name. Only the addresses that the files claim
// are read.
func (a account) keys() (string, []accounts.Account, error) {
	folder, err := a.folder()
	if err != nil {
		return "", nil, err
	}
	switch info, err := os.Stat(folder); {
	case errors.Is(err, os.ErrNotExist):
		return "", nil, run.Hint(run.Usagef("there is no keystore folder %s", folder), "hallmark key new makes one")
	case err != nil:
		return "", nil, err
	case !info.IsDir():
		return "", nil, run.Usagef("%s is a file, not a folder of keys", folder)
	}
	return folder, keystore.NewKeyStore(folder, keystore.StandardScryptN, keystore.StandardScryptP).Accounts(), nil
}

// find picks the key that is meant.
func (a account) find() (accounts.Account, error) {
	folder, all, err := a.keys()
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
		return accounts.Account{}, run.Hint(run.Usagef("the keystore %s holds %d keys", folder, len(all)),
			"choose one with --account; hallmark key list shows them")
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
	return accounts.Account{}, run.Hint(run.Usagef("the keystore %s holds no key of %s", folder, address),
		"hallmark key list shows which it holds")
}

// of returns an address's key in the same keystore if it is there, else a.
func (a account) of(address verifier.Address) account {
	other := a
	other.address = address.String()
	if _, err := other.find(); err != nil {
		return a
	}
	return other
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
	secret, err := password(c, a.passwordFile, address.String(), false)
	if err != nil {
		return nil, err
	}
	key, err := chain.DecryptKey(file, secret)
	if errors.Is(err, keystore.ErrDecrypt) {
		return nil, run.Hint(errors.New("wrong password for "+address.String()), "the password was taken %s", a.passwordSource())
	}
	if err != nil {
		return nil, fmt.Errorf("the key file %s cannot be read: %w", found.URL.Path, err)
	}
	if key.Address() != address {
		return nil, fmt.Errorf("the key file %s claims to be of %s and is of %s", found.URL.Path, address, key.Address())
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

// passwordVariable holds a password itself. There is no such flag: the command line
// can be read by every user of the machine.
const passwordVariable = "HALLMARK_PASSWORD"

// maxPassword bounds a password file, in bytes.
const maxPassword = 64 << 10

const passwordUsage = "`FILE` with the key's password, of which one trailing newline is dropped " +
	"(else $" + passwordVariable + ", else a prompt)"

func passwordFlag() flags {
	return text("password-file", passwordUsage)
}

// password gets the password of what is named: from the file at path, unless that is empty,
// from the environment or from the terminal. A new one is asked for twice.
func password(c *cli.Context, path, of string, isNew bool) (string, error) {
	if path != "" {
		data, err := fault.ReadFile(path, maxPassword)
		if err != nil {
			return "", err
		}
		text := strings.TrimSuffix(string(data), "\n")
		return strings.TrimSuffix(text, "\r"), nil
	}
	if text := os.Getenv(passwordVariable); text != "" {
		return text, nil
	}
	text, err := prompt(c, "password of "+of)
	if err != nil || !isNew {
		return text, err
	}
	if text == "" {
		return "", errors.New("an empty password protects nothing")
	}
	again, err := prompt(c, "the same again")
	if err != nil {
		return "", err
	}
	if again != text {
		return "", errors.New("the two passwords differ; nothing was done")
	}
	return text, nil
}

// prompt reads a line from the terminal without showing it. Standard input may be
// in use for something else; then the terminal is asked behind its back.
func prompt(c *cli.Context, what string) (string, error) {
	in := os.Stdin
	if !term.IsTerminal(int(in.Fd())) {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil || !stderrIsTerminal(c) {
			return "", run.Hint(run.Usagef("the password is needed, and there is no terminal to ask at"),
				"give --password-file FILE, or set "+passwordVariable)
		}
		defer tty.Close()
		in = tty
	}
	fmt.Fprintf(c.App.ErrWriter, "hallmark: %s: ", what)
	text, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(c.App.ErrWriter)
	return string(text), err
}
