// Package boxo holds the gateway of a node against boxo, the libraries of the reference
// implementation of IPFS. It is a module of its own: boxo brings libp2p along, which nothing
// else here needs.
package boxo
