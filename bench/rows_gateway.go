package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/hallmark-node/hallmark/anchor/car"
	"github.com/hallmark-node/hallmark/bench/load"
)

const (
	boxoName             = "boxo v0.43.0, the same blocks in memory"
	rawBlocks, rawAtOnce = 2_000, 8 // a node sends 16 to one client at once, at most
	carRounds, carAtOnce = 2, 2
)

// gatewayRow measures how fast a node with ten million credentials sends its published blocks: one by
// one, and as CARs of batches. Nobody looks into them.
func gatewayRow(b *bench) error {
	return b.full(served, func(f *full, _ time.Duration) (err error) {
		n, err := f.w.startNode(f.data, time.Hour)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, n.stop()) }()
		g, err := f.gateways(n)
		if err != nil {
			return err
		}
		defer g.boxo.Kill()
		s, err := inTurn(b.runs, g.raw(n.url), g.raw(g.boxoURL), g.cars(n.url), g.cars(g.boxoURL))
		if err != nil {
			return err
		}
		b.add(newResult("gateway-raw", "/ipfs/{cid}?format=raw, blocks of 32,768 leaves", "items/s", s[0], nil, peer{boxoName, s[1]}).
			with("", goal{}, fmt.Sprintf("%.0f MB/s, %d at once", s[0].median()*float64(g.rawBytes)/float64(len(g.blocks))/1e6, rawAtOnce)))
		b.add(newResult("gateway-car", "/ipfs/{cid}?format=car of whole batches", "MB/s", s[2], nil, peer{boxoName, s[3]}).
			with("", goal{}, fmt.Sprintf("%.0f credentials/s, %d at once", s[2].median()*1e6/32, carAtOnce)))
		return nil
	})
}

// gateways are two servers of the same blocks.
type gateways struct {
	b        *bench
	client   *http.Client
	boxo     *process
	boxoURL  string
	blocks   []string // CIDs of full blocks of leaves
	rawBytes int64    // that they have together
	roots    []string // CIDs of manifests
}

// gateways gives boxo what the node has.
func (f *full) gateways(n *node) (*gateways, error) {
	file := filepath.Join(f.b.folder, "all.car")
	if out, err := f.b.hallmark("export", "--node", n.url, file).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("hallmark export: %w: %s", err, out)
	}
	g := &gateways{b: f.b, client: &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: rawAtOnce}}}
	if err := g.read(file); err != nil {
		return nil, err
	}
	program := f.b.program("boxo")
	if _, err := command(f.b.ctx, "go", "build", "-C", filepath.Join(peersFolder, "boxo"), "-o", program, "."); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	g.boxoURL = "http://" + address
	if g.boxo, err = f.b.start(program, "-car", file, "-listen", address); err != nil {
		return nil, err
	}
	err = g.boxo.await(f.b.ctx, func() bool {
		c, err := new(net.Dialer).DialContext(f.b.ctx, "tcp", address)
		return err == nil && c.Close() == nil
	})
	if err != nil {
		g.boxo.Kill()
		return nil, err
	}
	return g, nil
}

// read finds the blocks of a CAR.
func (g *gateways) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := car.NewReader(f)
	if err != nil {
		return err
	}
	for _, c := range in.Roots() {
		g.roots = append(g.roots, c.String())
	}
	for {
		block, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if block.CID.Type() == cid.Raw && len(block.Data) == 1<<20 {
			g.blocks = append(g.blocks, block.CID.String())
			g.rawBytes += int64(len(block.Data))
		}
	}
	if len(g.roots) == 0 || len(g.blocks) == 0 {
		return errors.New("the export has no batches with full blocks of leaves")
	}
	return nil
}

// raw measures blocks a second.
func (g *gateways) raw(base string) measure {
	return func() (float64, error) {
		r, err := load.Run(g.b.ctx, load.Plan{Number: rawBlocks, Concurrency: rawAtOnce}, func(ctx context.Context, i int) error {
			n, err := g.get(ctx, base+"/ipfs/"+g.blocks[i%len(g.blocks)]+"?format=raw")
			if err == nil && n != 1<<20 {
				err = fmt.Errorf("a block of %d bytes", n)
			}
			return err
		})
		return r.Rate(), err
	}
}

// cars measures megabytes a second.
func (g *gateways) cars(base string) measure {
	return func() (float64, error) {
		var bytes atomic.Int64
		plan := load.Plan{Number: carRounds * len(g.roots), Concurrency: carAtOnce}
		r, err := load.Run(g.b.ctx, plan, func(ctx context.Context, i int) error {
			n, err := g.get(ctx, base+"/ipfs/"+g.roots[i%len(g.roots)]+"?format=car")
			bytes.Add(n)
			return err
		})
		if err == nil && bytes.Load() < carRounds*g.rawBytes {
			err = fmt.Errorf("%d bytes of CARs, less than their blocks have", bytes.Load())
		}
		return float64(bytes.Load()) / r.Elapsed.Seconds() / 1e6, err
	}
}

// get reads an answer to its end, and returns how long it is.
func (g *gateways) get(ctx context.Context, url string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := g.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.Copy(io.Discard, response.Body)
}
