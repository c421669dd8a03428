package identity

import (
	"errors"
	"time"
)

func (a *Anchors) checkX509(evidence []byte, address [20]byte, at time.Time) ([]Named, error) {
	return nil, errors.New("certificates are not read yet")
}
