//go:build race

package cluster_test

// raceDetector says that only this test would be watched: the processes are built without it.
const raceDetector = true
