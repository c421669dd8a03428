package fault

import (
	"context"
	"errors"
	"net/url"
)

// WithoutURL takes the URL of the request out of an error of net/http, since it may hold a
// secret, and says plainly that no answer came in time.
func WithoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	return err
}
