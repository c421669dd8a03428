package main

import (
	"fmt"
	"math"
)

// coin is what one of a network's is worth, in USD.
func (a assumptions) coin(n network) float64 {
	if n.Coin == "ether" {
		return a.USDPerEther
	}
	return a.USDPerXDAI
}

// costs is what a transaction costs on a network, in USD, for each of the [prices].
func (a assumptions) costs(n network, gas, bytes float64) (all prices) {
	for i := range all {
		own := gas * n.Gwei[i] * 1e-9 * a.coin(n)
		handed := bytes * (16*n.BaseFeeScalar*a.BaseFeeGwei[i] + n.BlobFeeScalar*a.BlobFeeGwei[i]) * 1e-9 * a.USDPerEther
		all[i] = own + handed
	}
	return all
}

func anchorTable(m measured, a assumptions) string {
	r := newRows("an anchor", "quiet", "usual", "bad", "Amsterdam, usual", "a day of one a minute, usual", "Amsterdam")
	gas := m[m.index("gas")]
	for _, n := range a.Networks {
		today := a.costs(n, gas.Ours, m.of("bytes-anchor"))
		later := a.costs(n, gas.Amsterdam, m.of("bytes-anchor"))
		r.add(n.Name, usd(today[0]), usd(today[1]), usd(today[2]), usd(later[1]), usd(1440*today[1]), usd(1440*later[1]))
	}
	return r.String()
}

// costTable is what a million credentials cost, with batches of several ages.
func costTable(m measured, a assumptions) string {
	r := daysHead("USD a million credentials, usual prices")
	gas := m[m.index("gas")]
	for _, n := range a.Networks {
		today, later := a.costs(n, gas.Ours, m.of("bytes-anchor"))[1], a.costs(n, gas.Amsterdam, m.of("bytes-anchor"))[1]
		for _, batches := range []struct {
			every  string
			number float64 // a day
		}{{"minute", 1440}, {"hour", 24}} {
			r.each(fmt.Sprintf("%s, a batch each %s: today; Amsterdam", n.Name, batches.every), func(credentials float64) string {
				millions := credentials / 1e6
				return short(today*batches.number/millions) + "; " + short(later*batches.number/millions)
			})
		}
	}
	return r.String()
}

// writerTable is how many submissions one account can bring onto a chain, which sends no more while so many of its
// transactions are in no block.
func writerTable(a assumptions) string {
	head := []string{"submissions a second, at most"}
	for _, n := range a.Networks {
		head = append(head, n.Name)
	}
	r := newRows(head...)
	for _, batch := range []int{a.BatchCount, a.MostBatchCount} {
		cells := []string{fmt.Sprintf("batches of %s, %d transactions in flight", grouped(float64(batch)), a.MaxInFlight)}
		for _, n := range a.Networks {
			cells = append(cells, short(float64(batch*a.MaxInFlight)*a.Inclusion/n.Block.seconds()))
		}
		r.add(cells...)
	}
	return r.String()
}

// issuersTable is what the lists of many issuers take of a chain, one a week each.
func issuersTable(m measured, a assumptions) string {
	head := []string{"issuers, a list a week each"}
	for _, n := range a.Networks {
		if n.GasLimit > 0 {
			head = append(head, "of "+n.Name+"'s gas", "Amsterdam", "a year, usual", "Amsterdam")
		}
	}
	r := newRows(head...)
	list := m[m.index("gas-revoke-signed")]
	for _, issuers := range []float64{1e3, 1e5, 1e6, 1e7} {
		cells := []string{grouped(issuers)}
		for _, n := range a.Networks {
			if n.GasLimit == 0 {
				continue
			}
			blocks := 7 * 24 * 3600 / n.Block.seconds()
			for _, gas := range []float64{list.Ours, list.Amsterdam} {
				cells = append(cells, short(100*issuers*gas/(blocks*n.GasLimit))+" %")
			}
			for _, gas := range []float64{list.Ours, list.Amsterdam} {
				cells = append(cells, usd(52*issuers*a.costs(n, gas, 0)[1]))
			}
		}
		r.add(cells...)
	}
	return r.String()
}

// revocationTable is what an issuer that says something new about its credentials each day costs in a year.
func revocationTable(m measured, a assumptions) string {
	r := newRows("an issuer's year, usual prices", "a list a week", "Amsterdam", "a list a day", "Amsterdam")
	first, later := m[m.index("gas-revoke-first-signed")], m[m.index("gas-revoke-signed")]
	const signature = 200 // bytes that a statement by signature has more than an anchor, rounded up
	for _, n := range a.Networks {
		cost := func(gas float64) float64 { return a.costs(n, gas, m.of("bytes-anchor")+signature)[1] }
		cells := []string{n.Name}
		for _, lists := range []float64{52, 365} {
			cells = append(cells, usd(cost(first.Ours)+(lists-1)*cost(later.Ours)), usd(cost(first.Amsterdam)+(lists-1)*cost(later.Amsterdam)))
		}
		r.add(cells...)
	}
	return r.String()
}

// throughTable is what it changes that nodes anchor through another one.
func throughTable(m measured, a assumptions) string {
	r := newRows("nodes that anchor through one", "steps more in a path", "bytes more in a proof, JSON", "anchors a day, of one a minute each",
		"through one", "saved a day on Ethereum, usual", "Amsterdam")
	gas := m[m.index("gas")]
	const step = 76 // bytes of a hash in a proof file: docs/performance.md
	for _, nodes := range []float64{10, 100, 1000, 10000} {
		steps := math.Ceil(math.Log2(nodes))
		saved := func(gas float64) string {
			return usd((nodes - 1) * 1440 * a.costs(a.Networks[0], gas, m.of("bytes-anchor"))[1])
		}
		r.add(grouped(nodes), short(steps), short(steps*step), grouped(nodes*1440), "1,440", saved(gas.Ours), saved(gas.Amsterdam))
	}
	return r.String()
}
