//go:build js && wasm

package main

import (
	"bytes"
	"fmt"

	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/renew"
)

// named is what a document is called.
type named struct {
	CID  string          `json:"cid"`
	Form credential.Form `json:"form"` // what was hashed

	// What verifiers will not be able to tell, as hallmark submit warns of it.
	Links  bool   `json:"links,omitempty"`  // all that matters is behind links
	Unread string `json:"unread,omitempty"` // what cannot be read without doubt, and why
}

// name names a document, as hallmark cid does, and says what hallmark submit warns of.
func name(file string, document []byte) (any, error) {
	id, err := credential.Sum(bytes.NewReader(document), credential.FormAuto, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	form := credential.FormJCS
	if raw, err := credential.Sum(bytes.NewReader(document), credential.FormRaw, ""); err == nil && raw == id {
		form = credential.FormRaw
	}
	n := named{CID: id.String(), Form: form}
	if len(document) <= credential.MaxJSON {
		d := credential.Describe(document)
		n.Links, n.Unread = d.OnlyLinks(), d.Unread()
	}
	return n, nil
}

// refresh puts what a node serves of a proof into the proof file. It returns the file as it is if
// nothing of that is new.
func refresh(proof, served []byte) (any, error) {
	p, err := verifier.ParseProof(proof)
	if err != nil {
		return nil, err
	}
	evidence, err := renew.Served(p, served)
	if err == nil {
		p, _, err = renew.With(p, evidence)
	}
	if err != nil {
		return nil, fmt.Errorf("the node's proof %w", err)
	}
	return p.Encode()
}
