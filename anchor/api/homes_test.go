package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hallmark-node/hallmark/anchor"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/testnet"
	"github.com/hallmark-node/hallmark/testnet/testchain"
	"github.com/hallmark-node/hallmark/verifier"
)

// A node on two chains: what is asked or said of an issuer names its registry, and
// goes to no other.
func TestHomes(t *testing.T) {
	other := testchain.Start(t, testnet.Config{ChainID: 4242})
	school := newIssuer(t)
	e := open(t, true, func(c *anchor.Config, _ *Config) {
		c.Issuers = []verifier.Address{school.address}
		second := c.Chains[0]
		second.RPC, second.Key = []string{other.RPC}, chain.NewKey(other.Accounts[0].PrivateKey)
		c.Chains = append(c.Chains, second)
	})
	second := e.node.Info().Chains[1].Home
	path := "/v1/issuers/" + school.address.String() + "/status"

	for _, r := range []struct{ method, path, body string }{
		{"GET", path, ""},
		{"PUT", path, `{"version":1,"items":[]}`},
		{"POST", strings.Replace(path, "status", "retire", 1), `{"from":1,"deadline":1,"signature":"0x12"}`},
		{"POST", strings.Replace(path, "status", "controller", 1), `{"next":"` + e.home.Registry.String() + `","deadline":1,"signature":"0x12"}`},
	} {
		response, body := e.call(t, r.method, r.path, "application/json", []byte(r.body))
		p := wantProblem(t, response, body, http.StatusUnprocessableEntity)
		if !strings.Contains(p.Detail, e.home.String()) || !strings.Contains(p.Detail, second.String()) {
			t.Errorf("%s %s without a home: %s", r.method, r.path, p.Detail)
		}
	}

	items := []verifier.StatusItem{}
	list, err := publish.WriteStatusList(school.address, 1, items, func(publish.Block) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	const deadline = 1 << 40
	signature := school.sign(t, verifier.SetStatusDigest(second, school.address, 1, list.Root, list.List, deadline))
	if err := e.client.SetStatus(t.Context(), publish.StatusUpdate{
		Issuer: school.address, Home: second, Version: 1, Items: items, Deadline: deadline, Signature: signature[:],
	}); err != nil {
		t.Fatal(err)
	}
	status, err := e.client.AwaitIssuer(t.Context(), second, school.address, func(s client.IssuerStatus) bool { return s.Version == 1 })
	if err != nil || status.Home != second {
		t.Errorf("%+v, %v", status, err)
	}
	if status, err = e.client.StatusList(t.Context(), e.home, school.address); err != nil || status.Version != 0 || status.Home != e.home {
		t.Errorf("the other registry: %+v, %v", status, err)
	}
}
