package issuer_test

import (
	"context"
	"fmt"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/issuer"
	"github.com/hallmark-node/hallmark/verifier"
)

// A badge is submitted, and its proof completed once the anchor is final.
func Example() {
	ctx := context.Background()
	submit := func(url string, key issuer.Key, file string) error {
		node, err := client.New(url)
		if err != nil {
			return err
		}
		s := issuer.Submitter{Node: node, Key: func(verifier.Home) (issuer.Key, error) { return key, nil }}
		proofs, err := s.SubmitFiles(ctx, file)
		if err != nil {
			return err
		}
		return s.Complete(ctx, proofs)
	}
	url, key, file, done := exampleNode() // a node and a chain in this process
	defer done()
	if err := submit(url, key, file); err != nil {
		fmt.Println(err)
		return
	}
	proofs, err := issuer.ReadProofs(file)
	fmt.Println(len(proofs), proofs[0].Pending(), err)
	// Output: 1 false <nil>
}
