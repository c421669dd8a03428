package online

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallmark-node/hallmark/internal/durable"
)

// Bounds of a cache on disk.
const (
	MaxCacheAge   = 30 * 24 * time.Hour // older answers are not used
	maxCacheFiles = 1024
	maxCacheSize  = 128 << 20 // bytes
)

const (
	cacheSuffix  = ".answer"
	maxCacheLine = 16 << 10
)

// DefaultCache returns the folder of the user's cache.
func DefaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "hallmark", "online"), nil
}

// cacheKey names the answer to a question.
func cacheKey(url, accept string) string {
	sum := sha256.Sum256([]byte(accept + "\n" + url))
	return hex.EncodeToString(sum[:])
}

// cache keeps answers in a folder, one a file: a line of JSON, and the body. Several
// processes may share it: files are replaced as a whole, and one that cannot be read is not
// there. Only its user can read it, since it tells which credentials were verified.
type cache struct {
	folder string
	now    func() time.Time
	mu     sync.Mutex // one sweep at a time
	stored int        // since the last sweep
}

// cacheLine is what is known of an answer besides its body.
type cacheLine struct {
	URL    string    `json:"url"`
	Status int       `json:"status"`
	Type   string    `json:"type,omitempty"`
	At     time.Time `json:"at"`
	Length int       `json:"length"`
	Sum    string    `json:"sha256"`
}

func (c *cache) path(key string) string { return filepath.Join(c.folder, key+cacheSuffix) }

// load returns an answer; nil if there is none that can be used.
func (c *cache) load(key string) *Answer {
	path := c.path(key)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > MaxBody+maxCacheLine {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return readCached(data, c.now())
}

func readCached(data []byte, now time.Time) *Answer {
	first, body, ok := bytes.Cut(data, []byte("\n"))
	var line cacheLine
	if !ok || json.Unmarshal(first, &line) != nil || len(body) != line.Length || line.At.IsZero() {
		return nil
	}
	// What is from the future was written by a clock that is not to be relied on.
	if age := now.Sub(line.At); age < -time.Minute || age > MaxCacheAge {
		return nil
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != line.Sum {
		return nil
	}
	return &Answer{Body: body, Status: line.Status, URL: line.URL, Type: line.Type, At: line.At.UTC(), Cached: true}
}

// store keeps an answer, if it can.
func (c *cache) store(key string, a *Answer) {
	sum := sha256.Sum256(a.Body)
	line, err := json.Marshal(cacheLine{a.URL, a.Status, a.Type, a.At, len(a.Body), hex.EncodeToString(sum[:])})
	if err != nil || len(line) >= maxCacheLine || os.MkdirAll(c.folder, 0o700) != nil {
		return
	}
	_ = durable.Replace(c.path(key), slices.Concat(line, []byte("\n"), a.Body), 0o600) // see Fetcher.get
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stored++; c.stored%64 == 1 {
		c.sweep()
	}
}

// sweep removes what is too old, and the oldest of what is too much.
func (c *cache) sweep() {
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		return
	}
	type file struct {
		path string
		size int64
		at   time.Time
	}
	var files []file
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasSuffix(e.Name(), cacheSuffix) {
			files = append(files, file{filepath.Join(c.folder, e.Name()), info.Size(), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return b.at.Compare(a.at) })
	var total int64
	for i, f := range files {
		if total += f.size; i >= maxCacheFiles || total > maxCacheSize || c.now().Sub(f.at) > MaxCacheAge {
			_ = os.Remove(f.path) // another process may have done it
		}
	}
}
