package beacon

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func vector(t testing.TB, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../shared/vectors/finality", name))
	if os.IsNotExist(err) {
		t.Skip("the shared vectors are not here")
	}
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestMainnetFulu(t *testing.T) {
	var v struct {
		Updates  []*Update `json:"updates"`
		Finality *Update   `json:"finality_update"`
		Store    struct {
			Current *Committee `json:"current_sync_committee"`
		} `json:"store"`
	}
	vector(t, "fulu-sp1helios/proof_inputs.json", &v)
	n := ByChain(1)
	root := v.Store.Current.Root()
	for _, u := range v.Updates {
		h, err := u.Hop(n, v.Store.Current)
		if err != nil {
			t.Fatal(err)
		}
		data := h.Append(nil)
		again, err := n.ParseHop(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Verify(root); err != nil {
			t.Fatal(err)
		}
		t.Log("hop", h.Period(), len(data), root)
	}
	e, err := v.Finality.Evidence(n, v.Store.Current)
	if err != nil {
		t.Fatal(err)
	}
	data := e.Append(nil)
	again, err := n.ParseEvidence(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Verify(root, v.Finality.Finalized.BlockHash); err != nil {
		t.Fatal(err)
	}
	t.Log("evidence", len(data), e.Period(), v.Finality.Finalized.BlockNumber, e.Signed.Participants())
}

func TestMainnetCapella(t *testing.T) {
	var boot struct{ Data *Bootstrap }
	var updates []struct{ Data *Update }
	var final struct{ Data *Update }
	vector(t, "helios-capella/bootstrap.json", &boot)
	vector(t, "helios-capella/updates.json", &updates)
	vector(t, "helios-capella/finality.json", &final)
	n := ByChain(1)
	if err := boot.Data.Verify(n, boot.Data.Header.Root()); err != nil {
		t.Fatal(err)
	}
	committee := &boot.Data.Committee
	root := committee.Root()
	for _, u := range updates {
		h, err := u.Data.Hop(n, committee)
		if err != nil {
			t.Fatal(err)
		}
		data := h.Append(nil)
		if h, err = n.ParseHop(data); err != nil {
			t.Fatal(err)
		}
		if err := h.Verify(root); err != nil {
			t.Fatal(err)
		}
		t.Log("hop", h.Period(), len(data), h.Participants())
		committee, root = u.Data.Next, h.Next
	}
	for _, c := range []*Committee{updates[len(updates)-2].Data.Next, committee} {
		e, err := final.Data.Evidence(n, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(e.Period(), e.Verify(c.Root(), final.Data.Finalized.BlockHash), len(e.Append(nil)))
	}
}

func BenchmarkHop(b *testing.B) {
	var v struct {
		Updates []*Update `json:"updates"`
		Store   struct {
			Current *Committee `json:"current_sync_committee"`
		} `json:"store"`
	}
	vector(b, "fulu-sp1helios/proof_inputs.json", &v)
	n := ByChain(1)
	root := v.Store.Current.Root()
	h, err := v.Updates[0].Hop(n, v.Store.Current)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := h.Verify(root); err != nil {
			b.Fatal(err)
		}
	}
}
