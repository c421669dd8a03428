package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// composed returns compose.yaml as compose reads it.
func composed(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithEnv([]string{
		"POSTGRES_PASSWORD=secret1", "S3_ACCESS_KEY=access1", "S3_SECRET_KEY=secret2",
	}))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestCompose(t *testing.T) {
	project := composed(t)
	want := []string{"blobs", "bucket", "intake", "postgres", "proxy", "serve", "write"}
	if got := project.ServiceNames(); !slices.Equal(got, want) {
		t.Fatalf("services %v, want %v", got, want)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range project.Services {
		if _, tag, ok := strings.Cut(s.Image, ":"); s.Build == nil && (!ok || tag == "latest") {
			t.Errorf("%s: image %s has no version", name, s.Image)
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind || filepath.Base(v.Source) == "issuers" { // which is the operator's
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(s.Ports) > 0 && name != "proxy" {
			t.Errorf("%s can be reached from outside", name)
		}
		hasAccount := slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == "account" })
		if hasAccount != (name == "write") {
			t.Errorf("%s has the account: %t", name, hasAccount)
		}
		if slices.Contains([]string{"intake", "serve", "write", "proxy"}, name) && (!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"})) {
			t.Errorf("%s has rights that it does not need", name)
		}
	}
	for name := range project.Secrets {
		if file := filepath.Base(project.Secrets[name].File); !strings.Contains(string(readme), "secrets/"+file) {
			t.Errorf("README.md does not say how secrets/%s is made", file)
		}
	}
}
