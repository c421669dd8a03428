package api

import (
	"net/http"
	"slices"
	"strings"
)

// anyRole are the routes that each process of a node answers, whatever it does: they are about
// itself.
var anyRole = []string{
	"GET /v1/info", "GET /v1/status", "GET /v1/status/events", "GET /healthz", "GET /readyz", "GET /metrics",
}

// eitherRole are the routes of those who take submissions and of those who answer readers: who
// submits asks how it goes on.
var eitherRole = []string{"GET /v1/submissions/{id}", "GET /v1/submissions/{id}/events"}

// inRole returns the handler of a route, or what refuses a request for which this process does
// not have the role.
func (s *server) inRole(pattern string, answer func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	has := s.node.Roles()
	reads := strings.HasPrefix(pattern, "GET ") || pattern == "POST /v1/verify"
	role, ok := "intake", has.Intake
	if reads {
		role, ok = "serve", has.Serve
	}
	if ok || slices.Contains(anyRole, pattern) || slices.Contains(eitherRole, pattern) && has.Intake {
		return answer
	}
	return func(http.ResponseWriter, *http.Request) error {
		if s.node.Mirror != nil && !reads {
			return problem(http.StatusForbidden, "this is a mirror, which takes nothing in: send it to a node")
		}
		return problem(http.StatusForbidden,
			"this process of the node has the roles %s and not %s: send this to one that has it", strings.Join(has.Names(), ", "), role)
	}
}
