package main

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/durable"
	"github.com/hallmark-node/hallmark/internal/fault"
	"github.com/hallmark-node/hallmark/verifier"
)

func keyCommand() *cli.Command {
	light := toggle("light", "protect the key with light scrypt: quick to open, and quicker to guess")
	return group("key", "make, import and list keys", "",
		command("new", "", "make a key and print its address",
			"The key is written to the keystore as a keystore v3 file under a password.\n"+
				"Whoever loses the file or the password can issue and revoke no more: keep a copy.",
			keyNew,
			keystoreFlag(), passwordFlag(), light, jsonFlag()),
		command("import", "FILE|-", "put a key into the keystore and print its address",
			"FILE (- is standard input) is a private key of 64 hexadecimal digits, or a keystore\n"+
				"v3 file, which is opened with the password and stored under the same one.",
			keyImport,
			keystoreFlag(), passwordFlag(), light, jsonFlag()),
		command("list", "", "list the addresses in the keystore, and their files",
			"",
			keyList,
			keystoreFlag(), jsonFlag()))
}

// openKeystore opens the keystore for a new key, making the folder if need be.
func openKeystore(c *cli.Context) (*keystore.KeyStore, error) {
	folder, err := accountOf(c).folder()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if c.Bool("light") {
		return keystore.NewKeyStore(folder, keystore.LightScryptN, keystore.LightScryptP), nil
	}
	return keystore.NewKeyStore(folder, keystore.StandardScryptN, keystore.StandardScryptP), nil
}

func keyNew(c *cli.Context) error {
	secret, err := password(c, c.String("password-file"), "the new key", true)
	if err != nil {
		return err
	}
	ks, err := openKeystore(c)
	if err != nil {
		return err
	}
	account, err := ks.NewAccount(secret)
	if err != nil {
		return err
	}
	return stored(c, account)
}

func keyImport(c *cli.Context) error {
	data, err := keyInput(c)
	if err != nil {
		return err
	}
	var private *ecdsa.PrivateKey
	isFile := bytes.HasPrefix(bytes.TrimSpace(data), []byte("{"))
	if !isFile {
		text, ok := secretHex(string(data))
		if ok {
			private, err = crypto.HexToECDSA(text)
		}
		if !ok || err != nil {
			// What it holds may be a secret with a slip in it.
			return run.Usagef("%s is neither a private key of 64 hexadecimal digits nor a keystore v3 file", c.Args().First())
		}
	}
	secret, err := password(c, c.String("password-file"), "the key", !isFile)
	if err != nil {
		return err
	}
	if isFile {
		key, err := keystore.DecryptKey(data, secret)
		if errors.Is(err, keystore.ErrDecrypt) {
			return errors.New("wrong password for the keystore file " + c.Args().First())
		}
		if err != nil {
			return run.Usagef("%s is not a keystore file that can be read: %v", c.Args().First(), err)
		}
		private = key.PrivateKey
	}
	ks, err := openKeystore(c)
	if err != nil {
		return err
	}
	account, err := ks.ImportECDSA(private, secret)
	if errors.Is(err, keystore.ErrAccountAlreadyExists) {
		return errors.New("the keystore holds the key of " + crypto.PubkeyToAddress(private.PublicKey).Hex() + " already")
	}
	if err != nil {
		return err
	}
	return stored(c, account)
}

func keyInput(c *cli.Context) ([]byte, error) {
	if c.Args().First() != "-" {
		return fault.ReadFile(c.Args().First(), maxKeyFile)
	}
	data, err := io.ReadAll(io.LimitReader(c.App.Reader, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = run.Usagef("standard input is larger than any key")
	}
	return data, err
}

// keyEntry is a key in the keystore.
type keyEntry struct {
	Address verifier.Address `json:"address"`
	File    string           `json:"file"`
}

// stored makes a new key file survive a power failure and prints its address.
func stored(c *cli.Context, account accounts.Account) error {
	f, err := os.Open(account.URL.Path)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close(), durable.SyncFolder(filepath.Dir(account.URL.Path)))
	}
	if err != nil {
		return err
	}
	say(c, "the key is in %s", account.URL.Path)
	address := verifier.Address(account.Address)
	answer(c, keyEntry{address, account.URL.Path}, "%s", address)
	return nil
}

func keyList(c *cli.Context) error {
	_, all, err := accountOf(c).keys()
	if err != nil {
		return err
	}
	for _, one := range all {
		address, file := verifier.Address(one.Address), one.URL.Path
		answer(c, keyEntry{address, file}, "%s  %s", address, file)
	}
	return nil
}
