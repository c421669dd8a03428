package beacon

// Checkpoint is a final block of a network, as somebody published it.
type Checkpoint struct {
	Block  Root   // hash tree root of the beacon block
	Origin string // where it is published
}

// CheckpointOf returns the built-in checkpoint of a network, which a [Bootstrap] leads on
// from to a committee; ok is false if there is none.
func CheckpointOf(n *Network) (c Checkpoint, ok bool) {
	block, ok := checkpoints[n.ValidatorsRoot]
	return Checkpoint{block, "beacon/params/checkpoint_" + n.Name + ".hex of go-ethereum v1.17.8"}, ok
}

// checkpoints are of go-ethereum v1.17.8, beacon/params/checkpoint_*.hex, by the genesis
// validators root. Of mainnet, committees are built in.
var checkpoints = map[Root]Root{
	networks[1].ValidatorsRoot: Root(unhex("48a89c9ea7ba19de2931797974cf8722344ab231c0edada278b108ef74125478")),
	networks[2].ValidatorsRoot: Root(unhex("bb7a7f3c40d8ea0b450f91587db65d0f1c079669277e01a0426c8911702a863a")),
}
