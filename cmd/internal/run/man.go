//go:build man

package run

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// A program that is built with the tag man prints its manual page with --man. Those
// that are shipped do without the writer of such pages.
func init() {
	manPage = func(app *cli.App) error {
		page, err := app.ToManWithSection(1)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(Exact(app.Writer), page)
		return err
	}
}
