package contracts

import (
	"errors"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// RevertReason returns the registry's own error in an error of eth_call, eth_estimateGas or of a binding, as a pointer to
// one of the generated types: *[AnchorRegistryVersionMismatch], *[AnchorRegistryUnauthorized] and so on. It returns false
// where err is anything else: a timeout, another contract's error, a node that sends no data along.
func RevertReason(err error) (any, bool) {
	var withData interface{ ErrorData() any } // rpc.DataError
	if !errors.As(err, &withData) {
		return nil, false
	}
	text, ok := withData.ErrorData().(string)
	if !ok {
		return nil, false
	}
	data, err := hexutil.Decode(text)
	if err != nil || len(data) < 4 { // the generated UnpackError panics below four bytes
		return nil, false
	}
	reason, err := NewAnchorRegistry().UnpackError(data)
	if err != nil {
		return nil, false // and not the typed nil that comes with the error
	}
	return reason, true
}
