package keccakf1600

func permute(s *State, n int) { permuteGeneric(s, n) }

func sum64(out *Digest, in *Block, n int) { sum64Generic(out, in, n, permuteGeneric) }
