//go:build race

package faults_test

// raceDetector says that the node is built with the race detector, which takes some ten
// times the memory and the time.
const raceDetector = true
