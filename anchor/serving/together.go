package serving

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/hallmark-node/hallmark/anchor/role"
)

// askTime bounds what is done for several callers together.
const askTime = time.Minute

// together does something once for all callers that come at the same time with the same
// key, each of which waits for as long as its patience. It goes on when one of them has left,
// and ends with Close.
func together[T any](
	ctx context.Context, srv *Serving, key string, patience time.Duration, do func(context.Context) (T, error),
) (out T, err error) {
	done := make(chan singleflight.Result, 1)
	srv.readers.Go(func() {
		value, err, _ := srv.asking.Do(key, func() (any, error) {
			ctx, cancel := context.WithTimeout(srv.life, askTime)
			defer cancel()
			return do(ctx)
		})
		done <- singleflight.Result{Val: value, Err: err}
	})
	select {
	case got := <-done:
		out, _ = got.Val.(T)
		return out, got.Err
	case <-time.After(patience):
		return out, fmt.Errorf("%w: no answer for %s", role.ErrUnavailable, patience)
	case <-ctx.Done():
		return out, ctx.Err()
	}
}
