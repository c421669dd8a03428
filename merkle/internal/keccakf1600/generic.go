package keccakf1600

// permuteGeneric works on one state after the other.
func permuteGeneric(s *State, n int) {
	var a [Lanes]uint64
	for i := range n {
		for l := range a {
			a[l] = s[l][i]
		}
		permuteOne(&a)
		for l := range a {
			s[l][i] = a[l]
		}
	}
}

func sumGeneric(out *Digest, in *Block, n int) {
	for i := range n {
		var a [Lanes]uint64
		for l := range in {
			a[l] = in[l][i]
		}
		a[8] = 0x01
		a[16] = 1 << 63
		permuteOne(&a)
		for l := range out {
			out[l][i] = a[l]
		}
	}
}
