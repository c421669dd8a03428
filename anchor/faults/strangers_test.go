package faults_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/anchortest"
	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/anchor/client"
	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/verifier"
)

const (
	uploads    = 256
	strangers  = 300
	maxMemory  = 512 << 20       // bytes that the node's process may ever have had in memory
	promptly   = 2 * time.Second // an honest submission is acknowledged by then
	fewBlocks  = 3               // by which strangers may delay what is final
	hugeBody   = 95 << 20        // bytes
	manyPeople = 1_200           // more than the event streams that a node has at once
	readers    = 2_000           // issuers whose status is asked for
)

// A node that is open to strangers stays one for honest issuers: whatever the strangers
// send, a submission is acknowledged promptly and becomes final about as soon as it would
// alone, the node spends nothing for them that it does not want to, and its memory stays
// small.
func TestStrangers(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		w := newWorld(t, backend)
		w.align()
		alone := w.blocksUntilFinal()
		t.Logf("alone: final after %d blocks", alone)

		t.Run("empty uploads", func(t *testing.T) { w.emptyUploads(t) })
		t.Run("bodies of nothing", func(t *testing.T) { w.hugeBodies(t) })
		t.Run("event streams", func(t *testing.T) { w.eventStreams(t) })
		t.Run("status of many", func(t *testing.T) { w.manyReads(t) })
		t.Run("statements of fresh keys", func(t *testing.T) { w.freshStatements(t) })
		t.Run("statements of those who anchored", func(t *testing.T) { w.anchoredStatements(t, alone) })

		peak := w.peakMemory()
		t.Logf("the node had at most %d MiB in memory", peak>>20)
		if peak > maxMemory && !raceDetector {
			t.Errorf("the node had %d MiB in memory, more than %d", peak>>20, maxMemory>>20)
		}
		w.eventually("the statements that were taken are done", func() bool {
			w.mine(1)
			h, err := w.Client.Health(t.Context())
			return err == nil && h.Fault == ""
		})
		w.settle()
	})
}

// blocksUntilFinal submits a badge and mines one block after the other until it is final.
// The chain must be aligned.
func (w *world) blocksUntilFinal() (blocks int) {
	w.t.Helper()
	begin := time.Now()
	id := w.mustSubmit()
	w.eventually("it is sent", func() bool {
		s := w.state(id)
		return s == publish.Broadcast || s == publish.Mined
	})
	if took := time.Since(begin); took > promptly && !raceDetector {
		w.t.Errorf("it was sent after %s", took)
	}
	for w.state(id) != publish.Final {
		if blocks++; blocks > 200 {
			w.t.Fatalf("%s is %s after %d blocks", id, w.state(id), blocks)
		}
		w.mine(1)
		w.seen()
		// What a block makes final is written down soon after it was seen.
		if w.head()%epoch == 0 {
			within(time.Second, func() bool { return w.state(id) == publish.Final })
		}
	}
	return blocks
}

// align mines until an epoch begins: finality comes by epochs, so where in one something
// is submitted makes a difference.
func (w *world) align() {
	w.t.Helper()
	for w.head()%epoch != 0 {
		w.mine(1)
	}
	w.seen()
}

// within polls until ok, for a while at most.
func within(most time.Duration, ok func() bool) {
	for end := time.Now().Add(most); !ok() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

// prompt has a badge submitted, in time.
func (w *world) prompt(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), promptly)
	defer cancel()
	begin := time.Now()
	if _, err := w.submit(ctx); err != nil {
		t.Errorf("an honest submission after %s: %v", time.Since(begin).Round(time.Millisecond), err)
		return
	}
	t.Logf("an honest submission was acknowledged after %s", time.Since(begin).Round(time.Millisecond))
}

// dial opens a connection and writes to it.
func (w *world) dial(t *testing.T, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.process.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) emptyUploads(t *testing.T) {
	conns := make([]net.Conn, uploads)
	for i := range conns {
		head := fmt.Sprintf("PUT /v1/issuers/%s/status HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			fresh(t).address, hugeBody)
		if i%2 == 0 {
			head = fmt.Sprintf("POST /v1/submissions HTTP/1.1\r\nHost: node\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
				client.SubmissionType, client.MaxSubmissionSize)
		}
		conns[i] = w.dial(t, head)
	}
	for range 3 {
		w.prompt(t)
	}
	// They are waited for, not refused: that would be no trial.
	held := 0
	for _, c := range conns {
		if err := c.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			held++
		}
	}
	t.Logf("%d of %d uploads are waited for", held, uploads)
	if held < uploads*9/10 {
		t.Errorf("%d of %d uploads are waited for", held, uploads)
	}
	w.prompt(t)
}

// send sends a body and returns the answer's status.
func (w *world) send(t *testing.T, method, path, contentType string, body io.Reader) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, w.process.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0 // the node may close the connection before it has read everything
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

func (w *world) hugeBodies(t *testing.T) {
	path := "/v1/issuers/" + fresh(t).address.String() + "/status"
	var list strings.Builder
	fmt.Fprintf(&list, `{"version":1,"root":"0x%064x","list":"0x%064x","deadline":%d,"signature":"0x%0130x","items":[`,
		1, 1, time.Now().Add(time.Hour).Unix(), 1)
	for i := range 200_000 {
		if i > 0 {
			list.WriteByte(',')
		}
		fmt.Fprintf(&list, `{"id":"0x%064x","code":2}`, i+1)
	}
	list.WriteString(`]}`)
	var all sync.WaitGroup
	for name, c := range map[string]struct {
		body   io.Reader
		status int
	}{
		"white space":        {bytes.NewReader(bytes.Repeat([]byte(" "), hugeBody)), http.StatusBadRequest},
		"white space, again": {bytes.NewReader(bytes.Repeat([]byte("\n"), hugeBody)), http.StatusBadRequest},
		"a list of nobody's": {strings.NewReader(list.String()), http.StatusForbidden},
	} {
		all.Go(func() {
			if status := w.send(t, http.MethodPut, path, "application/json", c.body); status != c.status {
				t.Errorf("%s: status %d, want %d", name, status, c.status)
			}
		})
	}
	w.prompt(t)
	all.Wait()
}

func (w *world) eventStreams(t *testing.T) {
	id := w.mustSubmit() // not final, so that a stream goes on
	request := fmt.Sprintf("GET /v1/submissions/%s/events HTTP/1.1\r\nHost: node\r\n\r\n", id)
	count := make(map[string]int)
	for range manyPeople {
		c := w.dial(t, request)
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		count[strings.Fields(line)[1]]++
	}
	t.Logf("answers to %d streams: %v", manyPeople, count)
	if count["200"] == 0 || count["200"] == manyPeople || count["200"]+count["429"]+count["503"] != manyPeople {
		t.Errorf("answers to %d streams: %v", manyPeople, count)
	}
	w.prompt(t)
}

// calls is how often the chain's server was asked for what depends on an issuer.
func (w *world) calls() (n int) {
	for _, method := range []string{"eth_getStorageAt", "eth_getProof", "eth_getCode", "eth_estimateGas"} {
		n += w.proxy.Calls(method)
	}
	return n
}

func (w *world) manyReads(t *testing.T) {
	before, begin := w.calls(), time.Now()
	known := fresh(t).address
	for i := range readers {
		address := known
		if i%2 == 0 {
			binary.BigEndian.PutUint64(address[:], uint64(i))
		}
		if _, _, err := w.process.Get(t.Context(), "/v1/issuers/"+address.String()+"/status"); err != nil {
			t.Fatal(err)
		}
	}
	asked := w.calls() - before
	t.Logf("%d reads cost %d requests to the chain's server", readers, asked)
	// 200 looks at once and 50 a second more, of four requests each.
	if most := 4 * (250 + 50*int(time.Since(begin).Seconds()+1)); asked > most {
		t.Errorf("%d reads cost %d requests to the chain's server, more than %d", readers, asked, most)
	}
	w.prompt(t)
}

// stranger is a key that nobody knows.
type stranger struct {
	key     *ecdsa.PrivateKey
	address verifier.Address
}

func fresh(t *testing.T) stranger {
	t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return stranger{key, verifier.Address(crypto.PubkeyToAddress(key.PublicKey))}
}

// retire hands in a retirement, correctly signed, and returns the answer's status.
func (w *world) retire(t *testing.T, s stranger) int {
	t.Helper()
	deadline := uint64(time.Now().Add(240 * time.Hour).Unix())
	signature, err := chain.NewKey(s.key).SignDigest(verifier.RetireDigest(w.home, s.address, 1, deadline))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"from": 1, "deadline": deadline, "signature": hexutil.Encode(signature[:])})
	if err != nil {
		t.Fatal(err)
	}
	return w.send(t, http.MethodPost, "/v1/issuers/"+s.address.String()+"/retire", "application/json", bytes.NewReader(body))
}

func (w *world) freshStatements(t *testing.T) {
	w.settle()
	nonce := w.nonce(w.address())
	for range strangers {
		if status := w.retire(t, fresh(t)); status != http.StatusForbidden {
			t.Fatalf("status %d", status)
		}
	}
	w.mine(2)
	w.seen()
	if after := w.nonce(w.address()); after != nonce {
		t.Errorf("the account has sent %d transactions for strangers", after-nonce)
	}
	w.prompt(t)
}

func (w *world) anchoredStatements(t *testing.T, alone int) {
	all := make([]stranger, strangers)
	for i := range all {
		all[i] = fresh(t)
		b, err := anchortest.NewBadge(1<<40 + uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		s, err := anchortest.Sign(all[i].key, w.home, b.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.hand(t.Context(), s, b); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	w.align()
	count := make(map[int]int)
	for _, s := range all {
		count[w.retire(t, s)]++
	}
	t.Logf("answers to %d statements: %v", strangers, count)
	if count[http.StatusServiceUnavailable] == 0 || count[http.StatusAccepted]+count[http.StatusOK]+count[http.StatusNoContent] == 0 {
		t.Errorf("answers to %d statements: %v", strangers, count)
	}
	h, err := w.Client.Health(t.Context())
	if err != nil || h.Chains[0].RelaysWaiting == 0 || h.Chains[0].RelaysHeld == "" || h.Fault == "" {
		t.Errorf("that statements wait is not said: %d waiting, held %q, fault %q, %v",
			h.Chains[0].RelaysWaiting, h.Chains[0].RelaysHeld, h.Fault, err)
	}
	beside := w.blocksUntilFinal()
	t.Logf("beside them: final after %d blocks", beside)
	if beside > alone+fewBlocks {
		t.Errorf("final after %d blocks beside strangers, %d alone", beside, alone)
	}
}

var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakMemory is the most memory that the node's process has ever had resident.
func (w *world) peakMemory() int {
	w.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.process.PID()))
	if err != nil {
		w.t.Skipf("needs /proc: %v", err)
	}
	found := highWater.FindSubmatch(text)
	if found == nil {
		w.t.Fatalf("no VmHWM in\n%s", text)
	}
	kib, err := strconv.Atoi(string(found[1]))
	if err != nil {
		w.t.Fatal(err)
	}
	return kib << 10
}
