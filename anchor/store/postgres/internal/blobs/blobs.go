// Package blobs keeps values that are too large for a row as objects of an S3 bucket, each
// named by what it is: the CID (version 1, raw, sha2-256) of its bytes. So an object is never
// changed, writing it twice is writing it once, and what a reader gets can be checked.
package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/hallmark-node/hallmark/anchor/store/kv"
)

// How long a bucket may take for one request, with its repetitions.
const (
	readTime  = 10 * time.Second
	writeTime = 30 * time.Second
)

// Ref names an object: the sha2-256 digest of its bytes, and how many they are.
type Ref struct {
	Digest [sha256.Size]byte
	Size   int64
}

// RefOf returns the name of a value.
func RefOf(value []byte) Ref { return Ref{sha256.Sum256(value), int64(len(value))} }

func (r Ref) String() string {
	mh, err := multihash.Encode(r.Digest[:], multihash.SHA2_256)
	if err != nil { // sha2-256 of 32 bytes is always known
		panic(err)
	}
	return cid.NewCidV1(cid.Raw, mh).String()
}

// Bucket is where objects lie. Its methods may be called by many goroutines.
type Bucket struct {
	client *s3.Client
	name   string
	prefix string // of keys
}

// Open returns the bucket that a URL names: s3://bucket/prefix?endpoint=…&region=…&path-style=true,
// of which all but the bucket may be missing. Keys come as AWS SDKs take them: from the
// environment, a file, or the machine's role.
func Open(ctx context.Context, address string) (*Bucket, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no bucket: write s3://bucket/folder?endpoint=https://…&region=…", address)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the bucket %s: what follows the question mark cannot be read", u.Host)
	}
	var pathStyle bool
	for name, values := range query {
		switch name {
		case "endpoint", "region":
		case "path-style":
			if pathStyle, err = strconv.ParseBool(values[0]); err != nil {
				return nil, fmt.Errorf("the bucket %s: path-style is true or false, not %q", u.Host, values[0])
			}
		default:
			return nil, fmt.Errorf("the bucket %s: there is no setting %q, only endpoint, region and path-style", u.Host, name)
		}
	}
	c, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(readTime).WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = 32
			t.ResponseHeaderTimeout = readTime / 2
		})),
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired), // the signature has one
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired), // the name is one
	)
	if err != nil {
		return nil, fmt.Errorf("the bucket %s: %w", u.Host, err)
	}
	if region := query.Get("region"); region != "" {
		c.Region = region
	}
	b := &Bucket{name: u.Host}
	if path := strings.Trim(u.Path, "/"); path != "" {
		b.prefix = path + "/"
	}
	b.client = s3.NewFromConfig(c, func(o *s3.Options) {
		o.UsePathStyle = pathStyle
		if endpoint := query.Get("endpoint"); endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
	// Not HeadBucket: its answers have no body, so not the code by which the client learns that the clock
	// of this machine is wrong, and signs by the server's from then on.
	if _, err = b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &b.name, MaxKeys: aws.Int32(1), Prefix: aws.String(b.prefix + "nothing"),
	}); err != nil {
		if status(err) == http.StatusNotFound {
			return nil, fmt.Errorf("there is no bucket %s: make it, or name another one", u.Host)
		}
		return nil, b.failed("reach", err)
	}
	return b, nil
}

func (b *Bucket) key(r Ref) *string { return aws.String(b.prefix + "blobs/" + r.String()) }

// Put writes a value under its name and returns once the server has it.
func (b *Bucket) Put(ctx context.Context, r Ref, value []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	// The digest is known, and the server checks what it gets by it.
	ctx = v4.SetPayloadHash(ctx, hex.EncodeToString(r.Digest[:]))
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: b.key(r), Body: bytes.NewReader(value), ContentLength: &r.Size, IfNoneMatch: aws.String("*"),
	})
	switch {
	case err == nil, status(err) == http.StatusPreconditionFailed: // it is there
		return nil
	case status(err) == http.StatusInsufficientStorage:
		return fmt.Errorf("%w: the bucket %s", kv.ErrFull, b.name)
	}
	return b.failed("write to", err)
}

// Get returns a value, which has the digest.
func (b *Bucket) Get(ctx context.Context, r Ref) (value []byte, err error) {
	err = b.read(ctx, r, 0, int(r.Size), func(got []byte) error {
		if sha256.Sum256(got) != r.Digest {
			return fmt.Errorf("the store is damaged: the object %s in the bucket %s has other bytes than its name says", *b.key(r), b.name)
		}
		value = got
		return nil
	})
	return value, err
}

// GetRange returns n bytes of a value from an offset on. Of those nothing is checked but how many
// they are, and how many the object has.
func (b *Bucket) GetRange(ctx context.Context, r Ref, offset, n int) (part []byte, err error) {
	if offset < 0 || n < 0 || int64(offset) > r.Size-int64(n) {
		return nil, fmt.Errorf("bytes %d to %d of a value of %d bytes", offset, offset+n, r.Size)
	}
	if n == 0 {
		return nil, nil
	}
	err = b.read(ctx, r, offset, n, func(got []byte) error {
		part = got
		return nil
	})
	return part, err
}

// tries is how often a reading is tried that began well and broke off. What fails before is
// repeated by the client.
const tries = 3

// read passes n bytes of an object on to take. If that returns an error it reads again, once:
// bytes can go wrong on their way.
func (b *Bucket) read(ctx context.Context, r Ref, offset, n int, take func([]byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var err error
	for try := 0; try < tries; try++ {
		var got []byte
		var again bool
		if got, again, err = b.readOnce(ctx, r, offset, n); err != nil {
			if again {
				continue
			}
			return err
		}
		if err = take(got); err == nil {
			return nil
		}
		try = max(try, tries-2)
	}
	return err
}

func (b *Bucket) readOnce(ctx context.Context, r Ref, offset, n int) (got []byte, again bool, err error) {
	in := &s3.GetObjectInput{Bucket: &b.name, Key: b.key(r)}
	whole := offset == 0 && int64(n) == r.Size
	if !whole {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+n-1))
	}
	out, err := b.client.GetObject(ctx, in)
	if err != nil {
		var api smithy.APIError
		if errors.As(err, &api) && api.ErrorCode() == "NoSuchKey" {
			return nil, false, b.damaged(r, "is missing")
		}
		if status(err) == http.StatusRequestedRangeNotSatisfiable {
			return nil, false, b.damaged(r, "is too short")
		}
		return nil, false, b.failed("read from", err)
	}
	defer out.Body.Close()
	if size, known := objectSize(out); known && size != r.Size {
		return nil, false, b.damaged(r, fmt.Sprintf("has %d bytes, want %d", size, r.Size))
	}
	if !whole && (out.ContentLength == nil || *out.ContentLength != int64(n)) {
		return nil, false, b.failed("read from", errors.New("it does not answer for a range"))
	}
	got = make([]byte, n)
	if _, err := io.ReadFull(out.Body, got); err != nil {
		return nil, ctx.Err() == nil, b.failed("read from", err)
	}
	return got, false, nil
}

// objectSize returns how many bytes the object has of which an answer is all or a part.
func objectSize(out *s3.GetObjectOutput) (int64, bool) {
	if out.ContentRange != nil {
		_, total, _ := strings.Cut(*out.ContentRange, "/")
		size, err := strconv.ParseInt(total, 10, 64)
		return size, err == nil
	}
	if out.ContentLength != nil {
		return *out.ContentLength, true
	}
	return 0, false
}

func (b *Bucket) damaged(r Ref, how string) error {
	return fmt.Errorf("the store is damaged: the object %s in the bucket %s, which the database names, %s", *b.key(r), b.name, how)
}

// failed is the error of a request that had no answer, or one that says nothing of the object.
func (b *Bucket) failed(doing string, err error) error {
	reason := err
	var api smithy.APIError
	if errors.As(err, &api) {
		reason = fmt.Errorf("%s (%s)", api.ErrorMessage(), api.ErrorCode())
	} else if inner := new(smithy.OperationError); errors.As(err, &inner) {
		reason = inner.Err
	}
	return fmt.Errorf("%w: %s the bucket %s: %w", kv.ErrUnavailable, doing, b.name, reason)
}

// status returns the HTTP status of an answer that is an error, or 0.
func status(err error) int {
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}
