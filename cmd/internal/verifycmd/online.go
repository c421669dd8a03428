package verifycmd

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/credential"
	"github.com/hallmark-node/hallmark/credential/secured"
	"github.com/hallmark-node/hallmark/verifier"
	"github.com/hallmark-node/hallmark/verifier/online"
)

// goOnline lets a verifier fetch what --online is for. Without it nothing is ever fetched.
func goOnline(c *cli.Context, opts *verifier.Options) error {
	if !c.Bool("online") {
		if c.Bool("online-private") {
			return run.Usagef("--online-private goes with --online")
		}
		return nil
	}
	folder, err := online.DefaultCache()
	if err != nil {
		folder = "" // no home: what was answered is not kept
	}
	fetcher := online.New(online.Options{Cache: folder, Private: c.Bool("online-private")})
	opts.Keys = func(_ context.Context, method string) (*secured.Key, error) { return fetcher.Key(c.Context, method) }
	opts.Elsewhere = func(document []byte, says credential.Description) (verifier.Result, verifier.Reason, string) {
		f := fetcher.Status(c.Context, document, says)
		return f.Result, f.Reason, f.Detail
	}
	return nil
}
