package static

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// Section is a submission, its place in its batch, and a page of its tree. A file of a batch
// holds one or more of them; which, is for the writer to say.
type Section struct {
	Submission verifier.Submission // without the path
	Root       merkle.Hash         // of the submission
	At, Of     uint32              // its number in the batch, by id and from 0, of so many
	Page       Page
}

// headSize is the size of a section without hashes: what a submission has in its binary form
// after the eight bytes of its version, then At, Of and the numbers of leaves and of the hashes above.
const headSize = 20 + 8 + 20 + 32 + 8 + 8 + 65 + 4 + 4 + 2 + 1

// AppendSection appends the form of a section: integers are big-endian. The leaf of a submission
// of one is its root, and left out.
func AppendSection(dst []byte, s *Section) []byte {
	dst = append(dst, s.Submission.Issuer[:]...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.Submission.Home.Chain))
	dst = append(dst, s.Submission.Home.Registry[:]...)
	dst = append(dst, s.Root[:]...)
	dst = binary.BigEndian.AppendUint64(dst, s.Submission.Count)
	dst = binary.BigEndian.AppendUint64(dst, s.Submission.IssuedAt)
	dst = append(dst, s.Submission.Signature[:]...)
	dst = binary.BigEndian.AppendUint32(dst, s.At)
	dst = binary.BigEndian.AppendUint32(dst, s.Of)
	if s.Submission.Count == 1 {
		return append(dst, 0, 0, 0)
	}
	return AppendPage(dst, s.Page)
}

// AppendPage appends the form of a page: the numbers of leaves (2 bytes) and of the hashes above
// them (1 byte), then both. So are the pages of the ids of a batch.
func AppendPage(dst []byte, p Page) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(p.Leaves)))
	dst = append(dst, byte(len(p.Above)))
	for _, h := range slices.Concat(p.Leaves, p.Above) {
		dst = append(dst, h[:]...)
	}
	return dst
}

// ReadSections reads a file of sections.
func ReadSections(path string, data []byte) (list []Section, err error) {
	for len(data) > 0 {
		if len(data) < headSize {
			return nil, damaged(path, "it ends within a section")
		}
		s := Section{
			Submission: verifier.Submission{
				Issuer: verifier.Address(data),
				Home: verifier.Home{
					Chain:    verifier.ChainID(binary.BigEndian.Uint64(data[20:])),
					Registry: verifier.Address(data[28:]),
				},
				Count:     binary.BigEndian.Uint64(data[80:]),
				IssuedAt:  binary.BigEndian.Uint64(data[88:]),
				Signature: verifier.Signature(data[96:]),
			},
			Root: merkle.Hash(data[48:]),
			At:   binary.BigEndian.Uint32(data[161:]),
			Of:   binary.BigEndian.Uint32(data[165:]),
		}
		if s.At >= s.Of {
			return nil, damaged(path, "submission %d of %d", s.At, s.Of)
		}
		if s.Page, data, err = readPage(path, data[169:]); err != nil {
			return nil, err
		}
		if s.Submission.Count == 1 {
			s.Page = Page{Leaves: []merkle.Hash{s.Root}}
		}
		list = append(list, s)
	}
	return list, nil
}

// readPage reads a page, and returns what stands after it.
func readPage(path string, data []byte) (p Page, rest []byte, err error) {
	if len(data) < 3 {
		return p, nil, damaged(path, "it ends within a page")
	}
	leaves, above := int(binary.BigEndian.Uint16(data)), int(data[2])
	data = data[3:]
	if leaves > 1<<pageLevels || above > verifier.MaxPath {
		return p, nil, damaged(path, "a page of %d leaves and %d hashes above them", leaves, above)
	}
	if len(data) < (leaves+above)*merkle.Size {
		return p, nil, damaged(path, "it ends within a page")
	}
	hashes := make([]merkle.Hash, leaves+above)
	for i := range hashes {
		hashes[i], data = merkle.Hash(data), data[merkle.Size:]
	}
	return Page{hashes[:leaves], hashes[leaves:]}, data, nil
}

// id returns the id of the submission.
func (s *Section) id() merkle.Hash {
	m := &s.Submission
	return verifier.BatchLeaf(m.Issuer, verifier.SubmissionDigest(m.Home, s.Root, m.Count, m.IssuedAt))
}

// FilePath is the path of a file of sections.
func FilePath(batch uint64, file int) string { return fmt.Sprintf("batches/%d/%d", batch, file) }

// IDsPath is the path of a page of the ids of a batch's submissions. A batch of one has none.
func IDsPath(batch uint64, page int) string { return fmt.Sprintf("batches/%d/ids-%d", batch, page) }
