package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// process is how something starts the program: arguments, environment, and its configuration file.
type process struct {
	name      string
	args, env []string
	config    string
}

// TestSettings gives the program every flag, variable and file that is used here, and has it print
// what holds: a name that it does not know, or a value that it cannot read, fails.
func TestSettings(t *testing.T) {
	program := filepath.Join(t.TempDir(), "hallmark")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/hallmark")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, p := range slices.Concat(podProcesses(t), composeProcesses(t), unitProcesses(t)) {
		t.Run(p.name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "hallmark.yaml")
			if err := os.WriteFile(config, []byte(p.config), 0o600); err != nil {
				t.Fatal(err)
			}
			c := exec.CommandContext(t.Context(), program, append(p.args, "--print-config")...)
			for _, e := range p.env {
				c.Env = append(c.Env, strings.ReplaceAll(e, "/etc/hallmark/hallmark.yaml", config))
			}
			for i, a := range c.Args {
				c.Args[i] = strings.ReplaceAll(a, "/etc/hallmark/hallmark.yaml", config)
			}
			out, err := c.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for _, want := range []string{"role: ", "store: ", "blobs: ", "rpc-file: "} {
				if !strings.Contains(string(out), want) {
					t.Errorf("it does not say %s:\n%s", want, out)
				}
			}
			if strings.Contains(string(out), "secret1") {
				t.Errorf("the password is printed:\n%s", out)
			}
		})
	}
}

func podProcesses(t *testing.T) (all []process) {
	config := ""
	for _, m := range manifests(t) {
		if c, ok := m.object.(*corev1.ConfigMap); ok && c.Name == "hallmark" {
			config = c.Data["hallmark.yaml"]
		}
	}
	for name, d := range deployments(t) {
		if name == "proxy" {
			continue
		}
		c := d.Spec.Template.Spec.Containers[0]
		p := process{name: "kubernetes " + name, args: c.Args, config: config}
		for _, e := range c.Env {
			value := e.Value
			if e.ValueFrom != nil {
				value = map[string]string{
					"store": "postgres://hallmark:secret1@db.example:5432/hallmark?sslmode=verify-full&sslrootcert=system",
					"blobs": "s3://bucket?region=eu-central-1",
				}[e.ValueFrom.SecretKeyRef.Key]
			}
			p.env = append(p.env, e.Name+"="+value)
		}
		all = append(all, p)
	}
	return all
}

func composeProcesses(t *testing.T) (all []process) {
	config, err := os.ReadFile("hallmark.yaml")
	if err != nil {
		t.Fatal(err)
	}
	project := composed(t)
	for _, name := range []string{"intake", "serve", "write"} {
		s := project.Services[name]
		p := process{name: "compose " + name, args: s.Command, config: string(config)}
		for key, value := range s.Environment {
			p.env = append(p.env, key+"="+*value)
		}
		all = append(all, p)
	}
	return all
}

func unitProcesses(t *testing.T) (all []process) {
	unit, err := os.ReadFile("../docs/operations/hallmark@.service")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(unit), "ExecStart=/usr/local/bin/hallmark ")
	if !ok {
		t.Fatal("the unit starts something else")
	}
	command, _, _ := strings.Cut(rest, "\n")
	for _, role := range []string{"intake", "serve", "write"} {
		all = append(all, process{
			name: "unit " + role, args: strings.Fields(strings.ReplaceAll(command, "%i", role)),
			env: []string{
				"HALLMARK_STORE=postgres://hallmark:secret1@db.example/hallmark", "HALLMARK_BLOBS=s3://bucket?region=eu-central-1",
			},
			config: "issuers: open\nchains:\n  - rpc-file: rpc\n",
		})
	}
	return all
}
