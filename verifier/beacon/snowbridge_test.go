package beacon

import "testing"

// The values here are from paritytech/polkadot-sdk (Apache-2.0), folder
// bridges/snowbridge/pallets/ethereum-client/tests: a development chain under electra
// (electra/execution-proof.json and finalized-header-update.json), and one under gloas
// (fixtures/gloas-checkpoint.json).

// TestSnowbridgeBlockRoots follows the path from a block to a finalized state 577 slots
// younger.
func TestSnowbridgeBlockRoots(t *testing.T) {
	n := &Network{
		Name: "snowbridge", SecondsPerSlot: 12, SlotsPerEpoch: 32, EpochsPerPeriod: 256, CommitteeSize: 512, RootsPerSummary: 8192,
		Forks: []Fork{{Name: "electra"}},
	}
	block := hashes(t, `0xee2c2d983ca291f9836bb2686e27110df7083d6ffe8592135e6f5682e5872865
		0xc91dde0b460345d59632abc0c97f850ca7865db10ad503b5ad0735491ab1f591
		0x1078188f82a3b186b59eabc9ad9dbf78678fc712f25839b54eae0de6745b66aa`)
	path := hashes(t, `0xee2c2d983ca291f9836bb2686e27110df7083d6ffe8592135e6f5682e5872865
		0xf72c17e4b0335c0ff944ca33455734793315afe7eec60294370ce4449e62ddeb
		0xbefa57233af9add021a971ba8f13f24fed9bb9041360795e037b60b28b4fe93c
		0xde5943a938b973bf2cf2ba7b05dc8ed6113e9d1659e2b40e0de0c91de5cd67da
		0x401318565c107ddd5b2de4671a798589088c080c26bcbeb6701773c3f25f97d6
		0xb3555c1cf5898f9d83580757a6d31e603f723b19f4b4bbcfeca701222e8b560e
		0xab7c47c9f8e4b6439647bcd53e717fb1069e7fbce7ed548e724c0a8ef364d6d2
		0xe787c98181293e74b6973fb75f92b2e323119c095485178c1516df69fbfac2cb
		0xc2a7138ee8ce76654281b297707b67229e9334a1d4fdcc792c87691e4f18e2c5
		0xd23f0d2ca62ee6840fdbce17673c4ef6a29266a07b3fe504d54be0ed6c30ed53
		0x01462e461c6fe4865b751c1a55f1bf21cacb611dbe795b1562bc76c1c36baf64
		0x6cf04127db05441cd833107a52be852868890e4317e6a02ab47683aa75964220
		0xb7d05f875f140027ef5118a2247bbb84ce8f2f0f1123623085daf7960c329f5f
		0x1c6c3259152e52a08621fd83e7b65dfcc24982081b28d18864acc798cdcb239b
		0x90f4d586a68d56905eaa8d5ae88fc84bcc31bf57345d6c489d7cf8aadaac1cbb
		0xd94fa501277bd0a9db542e964ec86793d45d2e4a982ddba26e676fe9cc886775
		0x475d15486647c49ae55007b8b3aa1d9491fb262618a8392871dc7efd6d2c304d
		0x10bcbc53cc02814a5dcf3a740df1d6e09563180c1199d86d67d7f3dfcfe5f41c
		0xa1381fdc64967103fe79c0705727851ce61e7f91bee7e3e7759f9283c91ff7ff`)
	state := hashes(t, "0x4e84f2beb1b34777d724cfd5b2a7b1f3c3cc74bdfc6b200c09958d980d3573cb")[0]
	e := &Evidence{
		network: n, Form: Recent, Block: &Header{1471, 0, block[0], block[1], block[2]}, path: path,
		Finalized: &Header{Slot: 2048, State: state},
	}
	if err := e.verifyPath(state); err != nil {
		t.Error(err)
	}
	e.Block.Slot++
	if e.verifyPath(state) == nil {
		t.Error("the path leads there from another block too")
	}
}

// TestGloasBlockRoots checks where a state of gloas keeps block_roots.
func TestGloasBlockRoots(t *testing.T) {
	roots := hashes(t, "0x32d3f73def4ff727d0b889731a8d38808c47d87ef3ad280d0b9b38c80d73da39")[0]
	branch := hashes(t, `0x8f405228f32f7ccaaf82aded8cc824daa24de740f88cf234f93608caf51cf0b8
		0x75cd565f590eb71bc088ad7eb90429ec8ef880f3ef5dc2cfd40bf41038b90b9b
		0x4db3a3c62363e8094c8f75d9a3d7a61ba17fd3c78133126de2be40ad1d6882d3
		0xba296920f9015b108c8b23efe3dfb56072d22ed480dab4d52451c91b9af60ec9
		0x24a7ff73d8249a12bcabd635fa862292fc498739e04d716f0f1771ddf922fbe5
		0x94367b3afa64923665e454318c458ea71da2fa76fa9d64be39918d212ec107b1
		0xc0b17d6a00000000000000000000000000000000000000000000000000000000
		0xffffffffff3f0000000000000000000000000000000000000000000000000000`)
	state := hashes(t, "0xd8ca3a1541c843ca3d8bb9dc9ecc45f7cfd6c0bdd78780d9db3ab4dd5673c30f")[0]
	if index := layouts["gloas"].blockRoots; depth(index) != len(branch) || climb(roots, index, branch) != state {
		t.Error("the branch does not lead to the state")
	}
}
