package deploy_test

import (
	"bufio"
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

const repository = ".."

// TestImage does what a builder does with the Dockerfile, on this machine instead of in the image of the
// first stage, and starts what comes out with nothing around it but what the last stage has: no
// library, no shell, a root that cannot be written, and the user 65532.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program: a minute, if nothing is cached")
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to change it")
	}
	dir := t.TempDir()
	all := stages(t)
	build(t, dir, all[0])
	root := bare(t, dir, all[len(all)-1])
	isStatic(t, root+"/usr/local/bin/hallmark")

	// A chain and an account, outside.
	program := root + "/usr/local/bin/hallmark"
	file := filepath.Join(dir, "chain.json")
	chain := exec.CommandContext(t.Context(), program, "testnet", "--out", file)
	firstLine(t, chain)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var network struct {
		RPC      string
		Accounts []struct{ PrivateKey string }
	}
	if err := json.Unmarshal(data, &network); err != nil {
		t.Fatal(err)
	}
	state := root + "/var/lib/hallmark"
	write(t, state+"/password", "secret\n")
	imported := exec.CommandContext(t.Context(), program, "key", "import", "--light", "--keystore", state+"/keys",
		"--password-file", state+"/password", "-")
	imported.Stdin = strings.NewReader(network.Accounts[0].PrivateKey)
	if out, err := imported.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "chown", "-R", "65532:65532", state).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}

	env, check, start := configuration(t, all[len(all)-1])
	env = append(env, "HALLMARK_LISTEN=127.0.0.1:0", "HALLMARK_ISSUERS=open", "HALLMARK_RPC="+network.RPC,
		"HALLMARK_KEYSTORE=/var/lib/hallmark/keys", "HALLMARK_PASSWORD_FILE=/var/lib/hallmark/password")
	url := firstLine(t, inside(t.Context(), root, env, start))
	for i := range check {
		check[i] = strings.Replace(check[i], "http://127.0.0.1:8700", url, 1)
	}
	if out, err := inside(t.Context(), root, env, check).CombinedOutput(); err != nil {
		t.Errorf("%v says %v: %s", check, err, out)
	}
	version := inside(t.Context(), root, env, append(slices.Clone(start[:1]), "--version"))
	if out, err := version.Output(); err != nil || !strings.Contains(string(out), "v0.0.0-test") {
		t.Errorf("the version is %q, %v", out, err)
	}
	for folder, writable := range map[string]bool{"/tmp": false, "/var/lib/hallmark": true} {
		newKey := []string{"key", "new", "--light", "--keystore", folder + "/k", "--password-file", "/var/lib/hallmark/password"}
		out, err := inside(t.Context(), root, env, append(slices.Clone(start[:1]), newKey...)).CombinedOutput()
		if (err == nil) != writable {
			t.Errorf("%s can be written: %t, want %t: %s", folder, err == nil, writable, out)
		}
	}
}

// build runs the commands of a stage, its root being dir.
func build(t *testing.T, dir string, stage instructions.Stage) {
	t.Helper()
	src, out := dir+"/src", dir+"/out"
	for _, d := range []string{src, out} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "VERSION=v0.0.0-test")
	for _, c := range stage.Commands {
		switch c := c.(type) {
		case *instructions.CopyCommand:
			for _, path := range c.SourcePaths {
				copyContext(t, path, src)
			}
		case *instructions.EnvCommand:
			for _, kv := range c.Env {
				env = append(env, kv.Key+"="+kv.Value)
			}
		case *instructions.RunCommand:
			command := strings.ReplaceAll(strings.Join(c.CmdLine, " "), "/out/", out+"/")
			run := exec.CommandContext(t.Context(), "sh", "-c", command)
			run.Dir, run.Env = src, env
			if output, err := run.CombinedOutput(); err != nil || len(output) > 0 {
				t.Fatalf("RUN %s: %v: %s", command, err, output)
			}
		case *instructions.WorkdirCommand, *instructions.ArgCommand:
		default:
			t.Fatalf("the test does not know %s", c.Name())
		}
	}
}

// copyContext copies what .dockerignore leaves of a path of the repository.
func copyContext(t *testing.T, path, to string) {
	t.Helper()
	file, err := os.Open(repository + "/.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	patterns, err := ignorefile.ReadAll(file)
	_ = file.Close()
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	err = filepath.WalkDir(filepath.Join(repository, path), func(from string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(repository, from)
		if err != nil {
			return err
		}
		if skip, err := ignored.MatchesOrParentMatches(name); err != nil || skip {
			if d.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		size += int64(len(data))
		return os.WriteFile(filepath.Join(to, name), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > 64<<20 {
		t.Errorf("COPY %s: %d MB: .dockerignore leaves out too little", path, size>>20)
	}
}

// bare makes the root of the last stage: what distroless/static has and a program reads, and what is copied.
func bare(t *testing.T, dir string, stage instructions.Stage) string {
	t.Helper()
	root := dir + "/root"
	for _, d := range []string{"", "/etc", "/etc/ssl", "/etc/ssl/certs", "/usr", "/usr/local", "/usr/local/bin", "/var", "/var/lib", "/tmp"} {
		if err := os.Mkdir(root+d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, root+"/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n")
	write(t, root+"/etc/group", "root:x:0:\nnonroot:x:65532:\n")
	copied := 0
	for _, c := range stage.Commands {
		c, ok := c.(*instructions.CopyCommand)
		if !ok {
			continue
		}
		copied++
		if c.From != "build" || len(c.SourcePaths) != 1 {
			t.Fatalf("the test does not know COPY %v", c)
		}
		if out, err := exec.CommandContext(t.Context(), "cp", "-a", dir+c.SourcePaths[0], root+c.DestPath).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if copied == 0 {
		t.Fatal("nothing is copied")
	}
	return root
}

// configuration is what the image says of the process: its environment, how it is checked, how it is started.
func configuration(t *testing.T, stage instructions.Stage) (env, check, start []string) {
	t.Helper()
	for _, c := range stage.Commands {
		switch c := c.(type) {
		case *instructions.EnvCommand:
			for _, kv := range c.Env {
				env = append(env, kv.Key+"="+kv.Value)
			}
		case *instructions.HealthCheckCommand:
			check = c.Health.Test[1:]
		case *instructions.EntrypointCommand:
			start = append(slices.Clone(c.CmdLine), start...)
		case *instructions.CmdCommand:
			start = append(start, c.CmdLine...)
		}
	}
	return env, check, start
}

// inside is a command whose root is a folder that it cannot write, but for the volume, as the image's user.
func inside(ctx context.Context, root string, env, command []string) *exec.Cmd {
	const enter = `mount --bind "$0" "$0" && mount --bind "$0/var/lib/hallmark" "$0/var/lib/hallmark" &&
mount -o remount,bind,ro "$0" && exec chroot --userspec=65532:65532 --groups= "$0" "$@"`
	c := exec.CommandContext(ctx, "unshare", append([]string{"--mount", "sh", "-c", enter, root}, command...)...)
	c.Env = append(env, "PATH="+os.Getenv("PATH"))
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// firstLine starts a command and returns the first line that it prints. It is ended with the test.
func firstLine(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	var trouble strings.Builder
	c.Stderr = &trouble
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = time.Minute
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Signal(syscall.SIGTERM); _ = c.Wait() })
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %v: %s", c.Args, err, trouble.String())
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	return strings.TrimSpace(line)
}

func isStatic(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	needed, err := f.ImportedLibraries()
	interpreted := slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	if err != nil || len(needed) > 0 || interpreted {
		t.Errorf("%s is not static: %v, %v", path, needed, err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
}
