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
// key, each of which waits as long as it likes: patience, or zero for as long as it takes.
// It goes on when one of them has left, and ends with Close.
func together[T any](
	ctx context.Context, srv *Serving, group *singleflight.Group, key string, patience time.Duration, do func(context.Context) (T, error),
) (out T, err error) {
	done := make(chan singleflight.Result, 1)
	srv.readers.Go(func() {
		value, err, _ := group.Do(key, func() (any, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
			defer cancel()
			srv.readers.Go(func() {
				select {
				case <-srv.closing:
					cancel()
				case <-ctx.Done():
				}
			})
			return do(ctx)
		})
		done <- singleflight.Result{Val: value, Err: err}
	})
	var late <-chan time.Time
	if patience > 0 {
		late = time.After(patience)
	}
	select {
	case got := <-done:
		out, _ = got.Val.(T)
		return out, got.Err
	case <-late:
		return out, fmt.Errorf("%w: no answer for %s", role.ErrUnavailable, patience)
	case <-ctx.Done():
		return out, ctx.Err()
	}
}
