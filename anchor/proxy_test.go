package anchor

import (
	"encoding/json"
	"testing"

	"github.com/hallmark-node/hallmark/testnet/faultproxy"
)

// startProxy makes a proxy that stands between a node and its RPC server, and lies or
// fails as a test wants.
func startProxy(t *testing.T, target string) *faultproxy.Proxy {
	t.Helper()
	return faultproxy.Start(t, target)
}

// refuses is a server that answers one method with an error.
func refuses(method string) faultproxy.Fault {
	return faultproxy.Fault{Methods: []string{method}, Error: "limit exceeded"}
}

// rewrites is a server that lies about the results of one method.
func rewrites(method string, lie func(json.RawMessage) json.RawMessage) faultproxy.Fault {
	return faultproxy.Fault{Methods: []string{method}, Result: func(_ string, result json.RawMessage) json.RawMessage { return lie(result) }}
}
