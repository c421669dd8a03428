//go:build js && wasm

// Command wasm is the verifier as pages run it, in a worker: the same code as the command verify.
// It sets globalThis.hallmark to an object of four functions; web/src/engine/worker.ts calls
// them and has their types. Bytes come as Uint8Array, all else as JSON in a string. A function
// returns {"ok": ...} or {"error": "..."} as JSON, with "stopped" if it was a panic, and never throws.
// Nothing is ever fetched.
//
// web/build.sh builds it.
package main

import (
	"fmt"
	"runtime/debug"
	"syscall/js"
)

func main() {
	js.Global().Set("hallmark", map[string]any{
		"verify":  function(3, func(args []js.Value) (any, error) { return verify(args[0], args[1], args[2]) }),
		"cid":     function(2, func(args []js.Value) (any, error) { return name(args[0].String(), bytesOf(args[1])) }),
		"assemble": function(2, func(args []js.Value) (any, error) { return assemble(bytesOf(args[0]), args[1]) }),
		"refresh": function(2, func(args []js.Value) (any, error) { return refresh(bytesOf(args[0]), bytesOf(args[1])) }),
	})
	select {}
}

// function makes a function of so many arguments. A panic is its error with "stopped": true: the
// file that it was at is at fault, and the others are not.
func function(count int, f func(args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) (answer any) {
		defer func() {
			if fault := recover(); fault != nil {
				debug.FreeOSMemory()
				answer = encode(map[string]any{"error": fmt.Sprintf("the verifier stopped: %v", fault), "stopped": true})
			}
		}()
		if len(args) != count {
			return failure(fmt.Errorf("%d arguments, want %d", len(args), count))
		}
		result, err := f(args)
		if err != nil {
			return failure(err)
		}
		if bytes, ok := result.([]byte); ok {
			out := js.Global().Get("Uint8Array").New(len(bytes))
			js.CopyBytesToJS(out, bytes)
			return out
		}
		return encode(map[string]any{"ok": result})
	})
}

func failure(err error) string { return encode(map[string]string{"error": err.Error()}) }

func bytesOf(v js.Value) []byte {
	out := make([]byte, v.Length())
	js.CopyBytesToGo(out, v)
	return out
}
