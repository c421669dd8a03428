package credential

import (
	"regexp"
	"sync"
)

// lazyRegexp returns a regular expression that is compiled when it is first used. Most
// documents need few of those here, and to compile all takes longer than to verify a
// proof.
func lazyRegexp(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
