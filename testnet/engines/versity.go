package engines

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What a client of the S3 server says it is.
const (
	AccessKey = "test-access"
	SecretKey = "test-secret"
)

// S3 is versitygw over a folder.
type S3 struct {
	*server

	root string // a folder in it is a bucket
}

// StartVersity runs an S3 server for the length of a test.
func StartVersity(t testing.TB) *S3 {
	t.Helper()
	s, err := NewVersity()
	return forTest(t, s, err)
}

// NewVersity runs an S3 server until Close.
func NewVersity() (_ *S3, err error) {
	versitygw, err := find("versitygw", tools()...)
	if err != nil {
		return nil, err
	}
	s, err := newServer("s3", "")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	root, meta := filepath.Join(s.folder, "buckets"), filepath.Join(s.folder, "meta")
	if err := errors.Join(os.Mkdir(root, 0o755), os.Mkdir(meta, 0o755)); err != nil {
		return nil, err
	}
	s.command = func() *exec.Cmd {
		// Attributes go into files, since not every file system of /tmp has room for them.
		return s.exec(versitygw, "--port", s.address, "--access", AccessKey, "--secret", SecretKey, "--quiet",
			"posix", "--sidecar", meta, root)
	}
	s.ready = s.listens
	return &S3{s, root}, s.Start()
}

// NewBucket makes a bucket.
func (s *S3) NewBucket() (name string, err error) {
	path, err := os.MkdirTemp(s.root, "bucket")
	return filepath.Base(path), err
}

// Bucket makes a bucket for a test and returns what a node is told of it.
func (s *S3) Bucket(t testing.TB) string {
	t.Helper()
	name, err := s.NewBucket()
	if err != nil {
		t.Fatal(err)
	}
	// The keys come as they do anywhere.
	t.Setenv("AWS_ACCESS_KEY_ID", AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", SecretKey)
	return s.URL(name)
}

// Address is host:port.
func (s *S3) Address() string { return s.address }

// URL is what a node is told of a bucket.
func (s *S3) URL(bucket string) string { return BucketURL("http://"+s.address, bucket) }

// BucketURL is what a node is told of a bucket that is reached at an endpoint.
func BucketURL(endpoint, bucket string) string {
	return fmt.Sprintf("s3://%s/node?endpoint=%s&region=us-east-1&path-style=true", bucket, url.QueryEscape(endpoint))
}

// Path is where an object of a bucket lies.
func (s *S3) Path(bucket, key string) string { return filepath.Join(s.root, bucket, key) }

// tools returns .tools/bin of this folder and of those above it, where `make engines` puts
// what Debian does not have.
func tools() (folders []string) {
	folder, err := os.Getwd()
	for err == nil {
		folders = append(folders, filepath.Join(folder, ".tools", "bin"))
		up := filepath.Dir(folder)
		if up == folder {
			break
		}
		folder = up
	}
	return folders
}
