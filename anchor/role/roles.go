package role

import (
	"fmt"
	"strings"
)

// Roles are which parts of a node's work a process does. The zero value is none.
type Roles struct {
	Intake bool // takes submissions, statements and what is shared
	Serve  bool // answers readers
	Write  bool // seals, sends to the chains and tells the webhook, while it holds the leases for that
}

// AllRoles are those of a node that is one process.
var AllRoles = Roles{Intake: true, Serve: true, Write: true}

// ParseRoles reads what [Roles.String] writes, in any order.
func ParseRoles(text string) (r Roles, err error) {
	for name := range strings.SplitSeq(text, ",") {
		switch strings.TrimSpace(name) {
		case "intake":
			r.Intake = true
		case "serve":
			r.Serve = true
		case "write":
			r.Write = true
		default:
			return Roles{}, fmt.Errorf("%q is no role: want intake, serve and write, or some of them, with commas between", strings.TrimSpace(name))
		}
	}
	return r, nil
}

// Names returns the roles by name.
func (r Roles) Names() (names []string) {
	for _, role := range []struct {
		name string
		has  bool
	}{{"intake", r.Intake}, {"serve", r.Serve}, {"write", r.Write}} {
		if role.has {
			names = append(names, role.name)
		}
	}
	return names
}

func (r Roles) String() string { return strings.Join(r.Names(), ",") }
