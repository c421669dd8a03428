package client

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hallmark-node/hallmark/anchor/publish"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// SubmissionType is the content type of a submission in its binary form, see
// [AppendSubmission].
const SubmissionType = "application/vnd.hallmark.submission"

// submissionMagic begins every binary submission; its last byte is the version.
const submissionMagic = "hallmrk\x01"

// SubmissionHeader is the size in bytes of what stands before the leaves of a binary
// submission.
const SubmissionHeader = 8 + 20 + 8 + 20 + 32 + 8 + 8 + 65

// MaxSubmissionSize is the size in bytes of the largest binary submission: some
// 32 MiB.
const MaxSubmissionSize = SubmissionHeader + publish.MaxLeaves*merkle.Size

// AppendSubmission appends the binary form of a submission to dst. Integers are
// big-endian:
//
//	offset  size
//	     0     8  "hallmrk" and the version, 0x01
//	     8    20  issuer
//	    28     8  chain id of the home registry
//	    36    20  address of the home registry
//	    56    32  root
//	    88     8  count
//	    96     8  issuedAt, Unix seconds
//	   104    65  signature r || s || v
//	   169        count leaves of 32 bytes each, strictly ascending; nothing after them
func AppendSubmission(dst []byte, s *publish.Submission) []byte {
	dst = append(dst, submissionMagic...)
	dst = append(dst, s.Issuer[:]...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(s.Home.Chain))
	dst = append(dst, s.Home.Registry[:]...)
	dst = append(dst, s.Root[:]...)
	dst = binary.BigEndian.AppendUint64(dst, s.Count)
	dst = binary.BigEndian.AppendUint64(dst, s.IssuedAt)
	dst = append(dst, s.Signature[:]...)
	return append(dst, publish.JoinHashes(s.Leaves)...)
}

// ReadSubmission reads what stands before the leaves in a binary submission. The
// submission has no leaves then: leaves fills a slice with the next ones, as
// the node asks for them. With the last of them it reads on, since the
// body must end there. Both check the form only. Errors wrap [publish.ErrTooMany] if
// the header claims too many leaves, and the error of r if r fails.
func ReadSubmission(r io.Reader) (s *publish.Submission, leaves func([]merkle.Hash) error, err error) {
	var header [SubmissionHeader]byte
	if err := readFull(r, header[:], "header"); err != nil {
		return nil, nil, err
	}
	if string(header[:8]) != submissionMagic {
		return nil, nil, fmt.Errorf("it begins with 0x%x, not with 0x%x", header[:8], submissionMagic)
	}
	s = &publish.Submission{
		Issuer: verifier.Address(header[8:28]),
		Home: verifier.Home{
			Chain:    verifier.ChainID(binary.BigEndian.Uint64(header[28:36])),
			Registry: verifier.Address(header[36:56]),
		},
		Root:      merkle.Hash(header[56:88]),
		Count:     binary.BigEndian.Uint64(header[88:96]),
		IssuedAt:  binary.BigEndian.Uint64(header[96:104]),
		Signature: verifier.Signature(header[104:169]),
	}
	if s.Count > publish.MaxLeaves {
		return nil, nil, publish.ErrTooMany
	}
	rest := s.Count
	chunk := make([]byte, max(1, min(rest, 1024))*merkle.Size)
	return s, func(leaves []merkle.Hash) error {
		for len(leaves) > 0 {
			n := min(len(leaves), len(chunk)/merkle.Size)
			if err := readFull(r, chunk[:n*merkle.Size], "leaves"); err != nil {
				return err
			}
			for i := range n {
				leaves[i] = merkle.Hash(chunk[i*merkle.Size:])
			}
			leaves, rest = leaves[n:], rest-uint64(n)
		}
		if rest > 0 {
			return nil
		}
		switch n, err := io.ReadFull(r, chunk[:1]); {
		case n > 0:
			return fmt.Errorf("it goes on after its %d leaves", s.Count)
		case err != io.EOF:
			return err
		}
		return nil
	}, nil
}

// readFull reads all of b, and says what ended too soon.
func readFull(r io.Reader, b []byte, what string) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends within its %s", what)
	}
	return err
}
