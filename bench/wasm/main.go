//go:build js && wasm

// Command wasm is the least program for a browser that verifies: what the package verifier
// takes there is measured by it (row wasm-size of the benchmarks). It is built by
//
//	GOOS=js GOARCH=wasm CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' ./wasm
//
// in the folder bench, with the flags of rows_size.go, and served compressed by brotli of quality 11.
package main

import (
	"bytes"
	"syscall/js"
	"time"

	"github.com/hallmark-node/hallmark/verifier"
)

func main() {
	js.Global().Set("verify", js.FuncOf(func(_ js.Value, args []js.Value) any {
		var inputs [3][]byte // proof, document, trust store
		for i := range inputs {
			inputs[i] = make([]byte, args[i].Length())
			js.CopyBytesToGo(inputs[i], args[i])
		}
		p, err := verifier.ParseProof(inputs[0])
		if err != nil {
			return err.Error()
		}
		trust, err := verifier.ParseTrust(inputs[2])
		if err != nil {
			return err.Error()
		}
		v, err := verifier.New(verifier.Options{Trust: trust, Now: time.Now})
		if err != nil {
			return err.Error()
		}
		r := v.Verify(p, bytes.NewReader(inputs[1]))
		return string(r.Verdict) + " " + r.Because()
	}))
	select {}
}
