package main

import (
	"math"
	"runtime"
	"slices"
	"time"
)

// series is the same thing measured several times, one value for each turn.
type series []float64

func (s series) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// over divides turn by turn. A series of one value stands for every turn.
func (s series) over(other series) series {
	out := make(series, max(len(s), len(other)))
	for i := range out {
		out[i] = s[i%len(s)] / other[i%len(other)]
	}
	return out
}

// each applies f to every value.
func (s series) each(f func(float64) float64) series {
	out := make(series, len(s))
	for i, v := range s {
		out[i] = f(v)
	}
	return out
}

func (s series) rounded() []float64 { return s.each(rounded) }

// rounded keeps four digits: the machine does not repeat more.
func rounded(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-3)
	if unit >= 1 {
		return math.Round(v)
	}
	return math.Round(v/unit) / math.Round(1/unit)
}

// measure is one thing that is measured in turn with others. It returns a value.
type measure func() (float64, error)

// inTurn calls each of the measures, again and again, and returns a series for each.
func inTurn(runs int, measures ...measure) ([]series, error) {
	out := make([]series, len(measures))
	for range runs {
		for i, m := range measures {
			runtime.GC() // nobody pays for what the one before has left
			v, err := m()
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], v)
		}
	}
	return out, nil
}

// millis measures how many milliseconds f takes.
func millis(f func()) measure {
	return func() (float64, error) {
		begin := time.Now()
		f()
		return float64(time.Since(begin)) / float64(time.Millisecond), nil
	}
}

// micros measures how many microseconds one of several calls of f takes.
func micros(times int, f func()) measure {
	return func() (float64, error) {
		begin := time.Now()
		for range times {
			f()
		}
		return float64(time.Since(begin)) / float64(time.Microsecond) / float64(times), nil
	}
}

// onAllCores divides [0,n) among as many goroutines as there are cores.
func onAllCores(n int, do func(lo, hi int)) { onCores(runtime.GOMAXPROCS(0), n, do) }

func onCores(cores, n int, do func(lo, hi int)) {
	done := make(chan struct{})
	for w := range cores {
		go func() {
			do(n*w/cores, n*(w+1)/cores)
			done <- struct{}{}
		}()
	}
	for range cores {
		<-done
	}
}
