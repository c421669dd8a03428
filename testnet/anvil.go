package testnet

import (
	"context"
	"errors"
)

func startAnvil(ctx context.Context, config Config, accounts int) (backend, error) {
	return nil, errors.New("not yet")
}
