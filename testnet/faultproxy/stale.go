package faultproxy

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Stale is the fault of a server that has stopped to follow its chain: for it the
// newest block is head and the newest final one final, and nothing that is in a
// later block is in a block.
func Stale(head, final uint64) Fault {
	return Fault{
		Params: func(_ string, params json.RawMessage) json.RawMessage {
			text := string(params)
			for tag, number := range map[string]uint64{"latest": head, "safe": final, "finalized": final} {
				text = strings.ReplaceAll(text, strconv.Quote(tag), fmt.Sprintf(`"0x%x"`, number))
			}
			return json.RawMessage(text)
		},
		Result: func(method string, result json.RawMessage) json.RawMessage {
			switch method {
			case "eth_blockNumber":
				return json.RawMessage(fmt.Sprintf(`"0x%x"`, head))
			case "eth_getTransactionReceipt", "eth_getBlockByNumber", "eth_getBlockByHash", "eth_getTransactionByHash":
			default:
				return result
			}
			var object map[string]json.RawMessage
			if json.Unmarshal(result, &object) != nil || object == nil {
				return result
			}
			number := object["blockNumber"]
			if number == nil {
				number = object["number"]
			}
			if n, err := strconv.ParseUint(strings.Trim(string(number), `"`), 0, 64); err != nil || n <= head {
				return result
			}
			if method != "eth_getTransactionByHash" {
				return json.RawMessage("null")
			}
			for _, name := range []string{"blockNumber", "blockHash", "transactionIndex"} {
				object[name] = json.RawMessage("null")
			}
			pending, err := json.Marshal(object)
			if err != nil {
				return result
			}
			return pending
		},
	}
}
