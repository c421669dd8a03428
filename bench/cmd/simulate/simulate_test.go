package main

import (
	"math"
	"os"
	"testing"
	"time"
)

func inputs(t *testing.T) (measured, assumptions) {
	t.Helper()
	m, err := readMeasured("../../results.json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := readAssumptions()
	if err != nil {
		t.Fatal(err)
	}
	return m, a
}

// TestDocuments holds their tables against what the program prints.
func TestDocuments(t *testing.T) {
	for _, table := range tables(inputs(t)) {
		text, err := os.ReadFile("../../../" + table.document)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := place(text, table)
		if err != nil {
			t.Fatal(err)
		}
		if string(fresh) != string(text) {
			t.Errorf("the table %q of %s is another one: make simulate writes it", table.name, table.document)
		}
	}
}

// TestLatencies compares the simulation with what can be told without one.
func TestLatencies(t *testing.T) {
	_, a := inputs(t)
	a.Inclusion = 1
	ethereum := a.Networks[0]
	age, block := a.BatchAge.seconds(), ethereum.Block.seconds()
	epoch := float64(ethereum.Epoch) * block

	busy := simulate(a, scenario{network: ethereum, rate: 5, levels: 1})
	if got := quantile(busy.sealed, 0.5); math.Abs(got-age/2) > 1 {
		t.Errorf("half are sealed after %v s, want half of %v s", got, age)
	}
	last := len(busy.sealed) - 1
	if busy.sealed[0] < 0 || busy.sealed[last] > age+1e-6 {
		t.Errorf("sealed after %v to %v s, want 0 to %v s", busy.sealed[0], busy.sealed[last], age)
	}
	if first, latest := busy.final[0], busy.final[last]; first < 2*epoch || latest > age+block+3*epoch+a.Poll.seconds() {
		t.Errorf("final after %v to %v s, want more than two epochs and at most three, a batch, a block and a poll", first, latest)
	}
	seldom := simulate(a, scenario{network: ethereum, rate: 0.001, levels: 1})
	if got := quantile(seldom.sealed, 0.5); math.Abs(got-age) > 1e-6 {
		t.Errorf("one alone is sealed after %v s, want %v s", got, age)
	}
	small := a
	small.BatchCount = 100
	full := simulate(small, scenario{network: ethereum, rate: 5, levels: 1})
	if got, want := quantile(full.sealed, 0.5), 100.0/5/2; math.Abs(got-want) > 0.5 {
		t.Errorf("with full batches half are sealed after %v s, want %v s", got, want)
	}

	// Whoever is killed delays, and loses nothing.
	const down = 600
	killed := simulate(a, scenario{network: ethereum, rate: 0.05, kills: 20, down: down, levels: 1})
	submitted := dayLength * 0.05
	if n := float64(len(killed.final)); math.Abs(n-submitted) > 5*math.Sqrt(submitted) {
		t.Errorf("%v are final, want about %v", n, submitted)
	}
	if latest := killed.sealed[len(killed.sealed)-1]; latest <= age || latest > age+down {
		t.Errorf("the last was sealed after %v s, want more than %v s and at most %v s", latest, age, age+down)
	}
	through := simulate(a, scenario{network: ethereum, rate: 5, levels: 2})
	if got := quantile(through.sealed, 0.5) - quantile(busy.sealed, 0.5); math.Abs(got-age/2) > 2 {
		t.Errorf("another node costs half of them %v s, want %v s", got, age/2)
	}
}

func TestCosts(t *testing.T) {
	a := assumptions{USDPerEther: 1000, BaseFeeGwei: prices{0, 10, 0}, BlobFeeGwei: prices{0, 2, 0}}
	chain := network{Coin: "ether", Gwei: prices{1, 2, 3}}
	if got := a.costs(chain, 50_000, 200); math.Abs(got[2]-0.15) > 1e-12 { // 150,000 gwei
		t.Errorf("a chain of its own costs %v", got)
	}
	rollup := network{Coin: "ether", BaseFeeScalar: 0.5, BlobFeeScalar: 0.25}
	// 200 bytes of 16 * 0.5 * 10 and 0.25 * 2 gwei
	if got, want := a.costs(rollup, 50_000, 200)[1], 200*80.5*1e-9*1000; math.Abs(got-want) > 1e-12 {
		t.Errorf("a rollup costs %v, want %v", got, want)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.000058: "5.8e-05", 0.0123456: "0.0123", 12.345: "12.3", 999: "999", 1234: "1,230", 13_359: "13,400", 2_674_877: "2,670,000",
	} {
		if got := short(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
	if got := size(5.003e10); got != "50 GB" {
		t.Error(got)
	}
	if got := passed((90 * time.Minute).Seconds()); got != "90 min" {
		t.Error(got)
	}
}
