// Package load puts load on a node over HTTP and counts what it answers.
//
// A [Source] makes up credentials and submissions of them, a [Target] sends and
// reads, [Run] does that many times at once and keeps the latencies, [Submit] puts
// the three together, and a [Checker] verifies what was read back. The program
// hallmark-load and the rows of `make bench` that go over HTTP are made of it.
//
// Making submissions takes longer than many a node takes to accept them, so they are
// made before the clock runs, as many as fit into a window of memory at a time.
package load
