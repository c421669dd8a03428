package run

import (
	"runtime/debug"
	"strings"
)

// Build says which program this is, as the Go toolchain recorded it.
type Build struct {
	Version  string `json:"version"`            // of the module; "unknown" if it was not recorded
	Revision string `json:"revision,omitempty"` // of the sources
	Date     string `json:"date,omitempty"`     // of that revision, RFC 3339
	Modified bool   `json:"modified"`           // the sources were changed since
	Go       string `json:"go,omitempty"`       // the toolchain
}

// release is set by the linker where sources are built without their repository, as in
// the image of deploy/Dockerfile: the toolchain knows no version there.
var release string

// ThisBuild returns what is known of the running program.
func ThisBuild() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{Version: "unknown"}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) Build {
	b := Build{Version: info.Main.Version, Go: info.GoVersion}
	if release != "" {
		b.Version = release
	}
	if b.Version == "" {
		b.Version = "unknown"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String is one line for people.
func (b Build) String() string {
	var more []string
	if b.Revision != "" {
		more = append(more, "revision "+b.Revision)
	}
	if b.Date != "" {
		more = append(more, "of "+b.Date)
	}
	if b.Modified {
		more = append(more, "modified")
	}
	if len(more) == 0 {
		return b.Version
	}
	return b.Version + " (" + strings.Join(more, ", ") + ")"
}
