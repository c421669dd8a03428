package anchor

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n Node
		want := func(says string) {
			t.Helper()
			if got := n.Dead(); (got == "") != (says == "") || !strings.Contains(got, says) {
				t.Errorf("dead: %q, want %q", got, says)
			}
		}
		want("") // not started yet
		n.beats.beat("sealing")
		n.beats.beat("eip155:1")
		time.Sleep(stuckAfter)
		want("")
		n.beats.beat("sealing")
		time.Sleep(time.Second)
		want("eip155:1 has hung for 10m1s")
		n.beats.beat("eip155:1")
		want("")
		n.beats.end(nil) // it was told to end
		time.Sleep(time.Hour)
		want("")
		n.beats.end(errors.New("write to the data folder: input/output error"))
		time.Sleep(time.Hour)
		want("the node has stopped: write to the data folder")
	})
}
