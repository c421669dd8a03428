package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// logOf returns a log of a list, whose key is its name.
func logOf(name, state, more string) string {
	id := sha256.Sum256([]byte(name))
	return fmt.Sprintf(`{"description":%q,"log_id":%q,"key":%q,"state":{%q:{"timestamp":"2026-03-01T00:00:00Z"}}%s}`,
		name, base64.StdEncoding.EncodeToString(id[:]), base64.StdEncoding.EncodeToString([]byte(name)), state, more)
}

func TestUpdate(t *testing.T) {
	const shard = `,"temporal_interval":{"start_inclusive":"2026-01-01T00:00:00Z","end_exclusive":"2026-07-01T00:00:00Z"}`
	list := `{"version":"1.2","log_list_timestamp":"2026-06-01T00:00:00Z","operators":[{"name":"A","logs":[` + strings.Join([]string{
		logOf("usable", "usable", shard), logOf("open", "qualified", ""), logOf("readonly", "readonly", shard),
		logOf("retired", "retired", shard), logOf("pending", "pending", shard), logOf("rejected", "rejected", shard),
		logOf("test", "usable", `,"log_type":"test"`),
		logOf("sold", "usable", shard+`,"previous_operators":[{"name":"B","end_time":"2026-02-01T00:00:00Z"}]`),
	}, ",") + `],"tiled_logs":[` + logOf("tiled", "usable", shard) + `]}]}`
	key := func(name string) string { return base64.StdEncoding.EncodeToString([]byte(name)) }
	old := "# comment\n" + key("usable") + "\t-\t2025-01-01T00:00:00Z\tA\tusable\n" +
		key("gone") + "\t-\t2027-01-01T00:00:00Z\tC\tgone\n" + key("long gone") + "\t-\t2025-01-01T00:00:00Z\tC\tlong gone\n"
	got, err := update([]byte(list), old, "somewhere")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		key("usable") + "\t-\t2026-07-01T00:00:00Z\tA\tusable",
		key("open") + "\t-\t-\tA\topen",
		key("readonly") + "\t-\t2026-03-01T00:00:00Z\tA\treadonly",
		key("retired") + "\t-\t2026-03-01T00:00:00Z\tA\tretired",
		key("sold") + "\t-\t2026-01-31T23:59:59Z\tB\tsold",
		key("sold") + "\t2026-02-01T00:00:00Z\t2026-07-01T00:00:00Z\tA\tsold",
		key("tiled") + "\t-\t2026-07-01T00:00:00Z\tA\ttiled",
		key("gone") + "\t-\t2026-06-01T00:00:00Z\tC\tgone",
	}
	lines := strings.Split(strings.TrimSpace(string(got)), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") })
	if !slices.Equal(lines, want) {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
	if !strings.Contains(string(got), "log list 1.2 of 2026-06-01T00:00:00Z, somewhere") {
		t.Errorf("%s", got)
	}
	if _, err := update([]byte(strings.Replace(list, key("usable"), key("other"), 1)), "", "x"); err == nil {
		t.Error("a key that has another id is taken")
	}
}
