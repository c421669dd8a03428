package deploy_test

import (
	"encoding/json"
	"os"
	"testing"
)

// measured returns what make bench measured in a row.
func measured(t *testing.T, row string) float64 {
	t.Helper()
	data, err := os.ReadFile("../bench/results.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		ID   string  `json:"id"`
		Ours float64 `json:"ours"`
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.ID == row {
			return r.Ours
		}
	}
	t.Fatalf("make bench has no row %s", row)
	return 0
}
