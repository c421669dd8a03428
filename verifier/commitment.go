package verifier

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/hallmark-node/hallmark/merkle"
)

// Hash is a keccak-256 value, 32 bytes.
type Hash = merkle.Hash

// Hashes of the EIP-712 types of what an issuer signs (EIP-712, "typeHash"), and of
// the name and the version of the domain.
var (
	domainType        = textHash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
	submissionType    = textHash("Submission(bytes32 root,uint64 count,uint64 issuedAt)")
	setStatusType     = textHash("SetStatus(address issuer,uint64 version,bytes32 statusRoot,bytes32 list,uint256 deadline)")
	retireType        = textHash("Retire(address issuer,uint64 from,uint256 deadline)")
	setControllerType = textHash("SetController(address issuer,address current,address next,uint256 deadline)")

	domainName, domainVersion = textHash("Hallmark"), textHash("1")
)

func textHash(text string) Hash { return merkle.Keccak256([]byte(text)) }

// word is one 32-byte word of the Solidity ABI encoding.
type word = [32]byte

func uintWord(n uint64) (w word) {
	binary.BigEndian.PutUint64(w[24:], n)
	return w
}

func addressWord(a Address) (w word) {
	copy(w[12:], a[:])
	return w
}

// Leaf returns the leaf of one credential: the OpenZeppelin standard leaf of
// values [cid, salt] with types ["bytes", "bytes32"]. cid is the binary form of
// the CID.
func Leaf(cid []byte, salt Hash) Hash {
	var buffer [256]byte
	return merkle.LeafHash(appendLeaf(buffer[:0], cid, salt))
}

// Leaves sets leaves[i] to [Leaf] of what credential(i) returns, for every i,
// several at once and on all cores: credential is called from several goroutines,
// for each i once. It allocates nothing for each leaf.
func Leaves(leaves []Hash, credential func(i int) (cid []byte, salt Hash)) {
	merkle.LeafHashes(leaves, func(dst []byte, i int) []byte {
		cid, salt := credential(i)
		return appendLeaf(dst, cid, salt)
	})
}

// appendLeaf appends the ABI encoding of (bytes cid, bytes32 salt) to dst.
func appendLeaf(dst, cid []byte, salt Hash) []byte {
	offset, length := uintWord(64), uintWord(uint64(len(cid)))
	dst = append(dst, offset[:]...)
	dst = append(dst, salt[:]...)
	dst = append(dst, length[:]...)
	dst = append(dst, cid...)
	var zeros word
	return append(dst, zeros[:-len(cid)&31]...)
}

// BatchLeaf returns the leaf of one submission in a batch, which is also the
// submission's id: the OpenZeppelin standard leaf of values [issuer, digest]
// with types ["address", "bytes32"].
func BatchLeaf(issuer Address, digest Hash) Hash {
	w := addressWord(issuer)
	return leafOfWords(w, digest)
}

// BatchLeaves sets ids[i] to [BatchLeaf] of the issuer and the [SubmissionDigest] of
// what submission(i) returns, for every i, several at once and on all cores:
// submission is called from several goroutines, for each i a few times.
func BatchLeaves(ids []Hash, submission func(i int) (issuer Address, home Home, root Hash, count, issuedAt uint64)) {
	domains := make(map[Home]Hash) // homes may take turns, and lastDomain is one
	for i := range ids {
		_, home, _, _, _ := submission(i)
		if _, ok := domains[home]; !ok {
			domains[home] = domainSeparator(home)
		}
	}
	merkle.Hashes(ids, func(dst []byte, i int) []byte {
		_, _, root, count, issuedAt := submission(i)
		return appendWords(dst, submissionType, root, uintWord(count), uintWord(issuedAt))
	})
	merkle.Hashes(ids, func(dst []byte, i int) []byte {
		_, home, _, _, _ := submission(i)
		return appendWords(append(dst, typedPrefix...), domains[home], ids[i])
	})
	merkle.LeafHashes(ids, func(dst []byte, i int) []byte {
		issuer, _, _, _, _ := submission(i)
		return appendWords(dst, addressWord(issuer), ids[i])
	})
}

// StatusLeaf returns the leaf of one entry of an issuer's status list: the
// OpenZeppelin standard leaf of values [id, code, next] with types ["bytes32",
// "uint8", "bytes32"].
func StatusLeaf(id Hash, code uint8, next Hash) Hash {
	return leafOfWords(word(id), uintWord(uint64(code)), word(next))
}

func leafOfWords(words ...word) Hash {
	return merkle.LeafHash(appendWords(make([]byte, 0, 3*32), words...))
}

func appendWords(dst []byte, words ...word) []byte {
	for i := range words {
		dst = append(dst, words[i][:]...)
	}
	return dst
}

// SubmissionDigest returns the EIP-712 digest that an issuer signs to submit
// count leaves under root; issuedAt is the issuer's claim in Unix seconds.
func SubmissionDigest(home Home, root Hash, count, issuedAt uint64) Hash {
	return typedDigest(home, submissionType, word(root), uintWord(count), uintWord(issuedAt))
}

// SetStatusDigest returns the EIP-712 digest by which issuer's controller sets
// version of its status list; list is the sha2-256 digest of the published list
// and deadline a Unix time in seconds.
func SetStatusDigest(home Home, issuer Address, version uint64, statusRoot, list Hash, deadline uint64) Hash {
	return typedDigest(home, setStatusType, addressWord(issuer), uintWord(version), word(statusRoot), word(list), uintWord(deadline))
}

// RetireDigest returns the EIP-712 digest by which issuer's controller says that
// the issuer's key is not to be believed for anchors made at or after from. Both
// times are in Unix seconds.
func RetireDigest(home Home, issuer Address, from, deadline uint64) Hash {
	return typedDigest(home, retireType, addressWord(issuer), uintWord(from), uintWord(deadline))
}

// SetControllerDigest returns the EIP-712 digest by which current hands the say
// over issuer's status to next; current is the stored controller, zero while
// there is none.
func SetControllerDigest(home Home, issuer, current, next Address, deadline uint64) Hash {
	return typedDigest(home, setControllerType, addressWord(issuer), addressWord(current), addressWord(next), uintWord(deadline))
}

// typedDigest is keccak256(0x1901 || domainSeparator || hashStruct) of EIP-712
// for the Hallmark domain at home.
func typedDigest(home Home, typeHash Hash, fields ...word) Hash {
	domain := domainSeparator(home)
	message := hashStruct(typeHash, fields...)
	return merkle.Keccak256([]byte(typedPrefix), domain[:], message[:])
}

// typedPrefix begins every message of EIP-712.
const typedPrefix = "\x19\x01"

// lastDomain is the domain of the last digest. Most programs know one home, and to hash it
// for each proof takes 4 % of verifying one whose evidence is known.
var lastDomain atomic.Pointer[domain]

// domain is a home with its domain separator. It is immutable.
type domain struct {
	home      Home
	separator Hash
}

func domainSeparator(home Home) Hash {
	d := lastDomain.Load()
	if d == nil || d.home != home {
		d = &domain{home, hashStruct(domainType, domainName, domainVersion, uintWord(uint64(home.Chain)), addressWord(home.Registry))}
		lastDomain.Store(d)
	}
	return d.separator
}

func hashStruct(typeHash Hash, fields ...word) Hash {
	b := appendWords(make([]byte, 0, 6*32), typeHash)
	return merkle.Keccak256(appendWords(b, fields...))
}
