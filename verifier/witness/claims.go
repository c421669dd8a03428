package witness

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// Claims returns what a line says of itself: the name and the id of the key, and when it
// signed. Nothing of it is verified.
func Claims(line string) (name string, keyID uint32, at time.Time, err error) {
	name, encoded, _ := strings.Cut(line, " ")
	sig, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(sig) != 4+signatureSize || !validName(name) {
		return "", 0, at, errors.New("not a cosignature")
	}
	at = time.Unix(int64(binary.BigEndian.Uint64(sig[4:])), 0).UTC() //nolint:gosec // a claim
	return name, binary.BigEndian.Uint32(sig), at, nil
}
