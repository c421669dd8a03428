// Package deploy_test holds what is deployed against the programs that read it: the Dockerfile
// against BuildKit's own checks, the compose file against the loader of compose, the manifests against
// the API server's validation, units against systemd, and all of them against the program's settings. No
// container engine is needed.
package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/opencontainers/go-digest"
)

// images stands in for registries: every image is there, with an empty configuration.
type images struct{}

func (images) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config, err := json.Marshal(map[string]any{"os": "linux", "architecture": "amd64", "config": map[string]any{}})
	return ref, digest.FromBytes(config), config, err
}

// stages returns the stages of the Dockerfile.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	data, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := instructions.Parse(file.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDockerfile runs the checks of docker build --check, and ours.
func TestDockerfile(t *testing.T) {
	data, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	results, err := dockerfile2llb.DockerfileLint(t.Context(), data, dockerfile2llb.ConvertOpt{
		MetaResolver: images{}, SourceMap: &llb.SourceMap{Filename: "Dockerfile", Data: data, Definition: new(llb.Definition)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if results.Error != nil {
		t.Error(results.Error.Message)
	}
	for _, w := range results.Warnings {
		t.Errorf("%s: %s %s", w.RuleName, w.Description, w.Detail)
	}

	all := stages(t)
	for _, s := range all {
		if _, tag, ok := strings.Cut(s.BaseName, ":"); !ok || tag == "latest" {
			t.Errorf("image %s has no version", s.BaseName)
		}
	}
	var names []string
	for _, c := range all[len(all)-1].Commands {
		names = append(names, c.Name())
		if u, ok := c.(*instructions.UserCommand); ok && u.User != "65532:65532" {
			t.Errorf("user %s", u.User)
		}
	}
	for _, banned := range []string{"RUN", "ADD"} {
		if slices.Contains(names, banned) {
			t.Errorf("the last stage, which has no shell, has %s", banned)
		}
	}
	for _, wanted := range []string{"USER", "HEALTHCHECK", "ENTRYPOINT", "LABEL"} {
		if !slices.Contains(names, wanted) {
			t.Errorf("the last stage has no %s", wanted)
		}
	}
}
