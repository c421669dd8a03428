// Package role holds what the roles of a node (intake, pipeline and serving) have in
// common: where they write to (role.go), which of them a process has (roles.go), what they refuse
// with (errors.go), the watch on the disk that they write to (disk.go), and the leases by which one
// process at a time does what only one may do (lease.go). Roles know nothing else of each other: they
// meet in the store, and tell what happens through [Hooks].
package role

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hallmark-node/hallmark/anchor/store"
	"github.com/hallmark-node/hallmark/verifier"
)

// Homes are the registries that a node writes to, in the order of its configuration.
type Homes []verifier.Home

// Find returns the index of a registry, that of the only one for the zero Home, or a
// [*RefusedError].
func (h Homes) Find(home verifier.Home) (int, error) {
	if home == (verifier.Home{}) {
		if len(h) > 1 {
			return 0, Refuse("home", "this node has several registries: name one of %s", h)
		}
		return 0, nil
	}
	i := slices.Index(h, home)
	if i < 0 {
		return 0, Refuse("home", "%s is not a registry of this node, which has %s", home, h)
	}
	return i, nil
}

// On returns the index of the registry on a chain, -1 if there is none.
func (h Homes) On(id verifier.ChainID) int {
	return slices.IndexFunc(h, func(home verifier.Home) bool { return home.Chain == id })
}

func (h Homes) String() string {
	list := make([]string, len(h))
	for i, home := range h {
		list[i] = home.String()
	}
	return strings.Join(list, " or ")
}

// Hooks are what a role calls while it works. None is nil. They may be called by many
// goroutines, and do not wait.
type Hooks struct {
	Step    func(name string) // after each durable step, with its name
	Changed func()            // something that readers can see has changed
	Beat    func(loop string) // a loop of the role is alive
	Rest    func(loop string) // a loop of the role has ended, and may begin again
}

// Missing reports whether the store does not have something.
func Missing(err error) bool { return errors.Is(err, store.ErrNotFound) }

// Millis returns the time of a Unix timestamp in milliseconds, in UTC; the zero time for zero.
func Millis(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(t).UTC()
}

// NotFound turns the store's ErrNotFound into [ErrNotFound].
func NotFound(err error) error {
	if Missing(err) {
		return ErrNotFound
	}
	return err
}
