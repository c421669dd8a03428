package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/store"
)

// data examines the folder of the node's state, and notes what it is bound to.
func (e *examination) data(folder string, reserve uint64) {
	const check = "data folder"
	info, err := os.Stat(folder)
	exists := err == nil
	place := folder // where to look for space
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for place = filepath.Dir(filepath.Clean(folder)); ; place = filepath.Dir(place) {
			if _, err := os.Stat(place); err == nil || place == filepath.Dir(place) {
				break
			}
		}
	case err != nil:
		e.fail(check, folder, "it cannot be looked at: "+cause(err), "give the node's user access to it")
		return
	case !info.IsDir():
		e.fail(check, folder, "it is a file", "name a folder with --data")
		return
	}
	if err := probe(place); err != nil {
		text, remedy := diskFault(err, place)
		e.fail(check, folder, text, remedy)
		return
	}
	usage, err := vfs.Default.GetDiskUsage(place)
	switch {
	case err != nil:
		e.warn(check, folder, "how much space there is cannot be told: "+cause(err), "use a local file system")
	case usage.AvailBytes < reserve:
		e.fail(check, folder, fmt.Sprintf("its disk has %s free, and %s are kept in reserve: no submission would be accepted",
			mib(usage.AvailBytes), mib(reserve)),
			"make room, enlarge the disk, or lower --disk-reserve")
	case usage.AvailBytes < 4*reserve:
		e.warn(check, folder, fmt.Sprintf("its disk has %s free, of which %s are reserve", mib(usage.AvailBytes), mib(reserve)), "make room soon")
	case !exists:
		e.ok(check, folder, "it will be made; %s free", mib(usage.AvailBytes))
		return
	default:
		e.ok(check, folder, "can be written; %s free", mib(usage.AvailBytes))
	}
	if exists {
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			e.warn("permissions", folder, fmt.Sprintf("others than its owner have access (mode %04o)", mode), "chmod 700 "+folder)
		}
		e.open(folder)
	}
}

// probe writes a file and takes it away.
func probe(folder string) error {
	f, err := os.CreateTemp(folder, ".hallmark-doctor-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

func diskFault(err error, folder string) (text, remedy string) {
	switch {
	case errors.Is(err, syscall.EROFS):
		return "its file system is read-only", "look into the kernel's log (dmesg) for errors of the disk, or mount it for writing"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "its disk or quota is full", "make room, or enlarge the disk"
	case errors.Is(err, fs.ErrPermission):
		return folder + " may not be written by this user", "give it to the user that runs the node: chown -R USER " + folder
	}
	return folder + " cannot be written: " + cause(err), "check the disk"
}

func cause(err error) string {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func mib(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// open looks into a folder that is there: whose it is, and whether a node runs.
func (e *examination) open(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		e.fail("state", folder, "it cannot be read: "+cause(err), "give it to the user that runs the node")
		return
	}
	if len(entries) == 0 {
		e.ok("state", folder, "the folder is empty: a node begins anew")
		return
	}
	s, err := store.Open(folder, store.Options{ReadOnly: true})
	e.locked = errors.Is(err, store.ErrLocked)
	switch {
	case e.locked && e.served != "":
		e.ok("state", folder, "in use, by the node that serves at %s as it seems", e.served)
		return
	case e.locked:
		e.warn("state", folder, "another process uses the folder",
			"if that is this node, all is well; else stop the other one, or use another folder")
		return
	case err != nil:
		e.fail("state", folder, "it cannot be opened: "+err.Error(),
			"is it the data folder of a node? if so keep a copy, and restore a backup with hallmark restore")
		return
	}
	e.content(s, folder, "restore a backup with hallmark restore")
	if err := s.Close(); err != nil {
		e.fail("state", folder, "it cannot be closed: "+err.Error(), "check the disk")
	}
}

// content looks into a store.
func (e *examination) content(s *store.Store, where, remedy string) {
	var accepted uint64
	var err error
	if e.bound, err = s.Chains(); err == nil {
		accepted, err = s.Accepted()
	}
	if err != nil {
		e.fail("state", where, "it cannot be read: "+err.Error(), remedy)
	} else {
		e.ok("state", where, "%d submissions accepted so far", accepted)
	}
}

// shared examines a store that is in no folder.
func (e *examination) shared(ctx context.Context, open func(context.Context) (*store.Store, error)) {
	const where, remedy = "PostgreSQL and S3", "see that both run and can be reached from here, and that store and blobs name them"
	s, err := open(ctx)
	if err != nil {
		e.fail("state", where, err.Error(), remedy)
		return
	}
	e.content(s, where, remedy)
	_ = s.Close() // nothing was written
}

// listen examines the address to serve at.
func (e *examination) listen(ctx context.Context, address string) {
	const check = "listen"
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err == nil {
		e.ok(check, address, "is free")
		if err := listener.Close(); err != nil {
			e.warn(check, address, "it cannot be closed: "+err.Error(), "try again")
		}
		return
	}
	var dns *net.DNSError
	var parse *net.AddrError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		if e.isNode(ctx, address) {
			e.served = address // whether it is ours is told by the data folder
			return
		}
		e.fail(check, address, "another program listens there", "stop it, or choose another address with --listen")
	case errors.Is(err, syscall.EACCES):
		e.fail(check, address, "this user may not listen there: ports below 1024 are for root",
			"choose a port from 1024 on and put a reverse proxy before it")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		e.fail(check, address, "this machine has no such address", "choose one of its addresses, or 127.0.0.1")
	case errors.As(err, &dns), errors.As(err, &parse):
		e.fail(check, address, "it is not an address to listen at", "write --listen as HOST:PORT, as in 127.0.0.1:8700")
	default:
		e.fail(check, address, "it cannot be listened at: "+err.Error(), "choose another address with --listen")
	}
}

// serving tells whether the node that serves at the address to listen at is the one that
// runs on the data folder: if not, another one cannot start there.
func (e *examination) serving(ctx context.Context, s Setup) {
	const check = "listen"
	if e.served == "" {
		return
	}
	own := ""
	if e.locked && s.Serving != nil {
		own = s.Serving(ctx)
	}
	switch {
	case !e.locked:
		e.fail(check, e.served, "another Hallmark node serves there, which does not use this data folder",
			"choose another address with --listen, or name that node's folder with --data")
	case own != "" && !samePort(own, e.served):
		e.fail(check, e.served, "another Hallmark node serves there; the one that uses the data folder serves at "+own,
			"choose another address with --listen")
	default:
		e.ok(check, e.served, "a Hallmark node serves there now")
	}
}

func samePort(a, b string) bool {
	_, one, _ := net.SplitHostPort(a)
	_, other, _ := net.SplitHostPort(b)
	return one == other
}

// secrets looks at who may read files that hold secrets.
func (e *examination) secrets(files []string) {
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			continue // who reads it says so
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			e.warn("permissions", file, fmt.Sprintf("it holds a secret, and others than its owner have access (mode %04o)", mode), "chmod 600 "+file)
		}
	}
}

// isNode reports whether a Hallmark node answers at an address.
func (e *examination) isNode(ctx context.Context, address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	node, err := client.New("http://" + net.JoinHostPort(host, port))
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	info, err := node.Info(ctx)
	return err == nil && len(info.Homes) > 0
}
