// Package systemfile knows the files that operating systems and office programs leave in
// folders and zips, such as Thumbs.db. They are nobody's credential.
package systemfile

import (
	"slices"
	"strings"
)

// names are those of whole files, in lower case: Windows does not mind capitals, and those
// who unpack its zips elsewhere get both. Some of them are of folders.
var names = []string{
	// Windows: pictures of a folder in small, its looks, and what was deleted
	"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "system volume information",
	// macOS: the looks of a folder, and resource forks in zips
	".ds_store", "__macosx", "icon\r", ".localized", ".apdisk", ".applesingle", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd",
	".temporaryitems", ".documentrevisions-v100",
	// Linux, and file servers
	".directory", "lost+found", "@eadir", "#recycle",
}

// Is reports whether a file or folder of that name, without the folders above it, is one that
// a system or an office program made for itself.
func Is(name string) bool {
	lower := strings.ToLower(name)
	switch {
	case slices.Contains(names, lower):
		return true
	case strings.HasPrefix(name, "._"): // macOS: what a file has besides its content
		return len(name) > len("._")
	case strings.HasPrefix(name, "~$"): // Microsoft Office: who has a document open
		return len(name) > len("~$")
	case strings.HasPrefix(name, ".~lock.") && strings.HasSuffix(name, "#"): // LibreOffice: the same
		return true
	}
	return strings.HasPrefix(lower, ".trash-") || strings.HasPrefix(lower, ".nfs") || strings.HasPrefix(lower, ".fuse_hidden")
}

// Inside reports whether a path with slashes leads to such a file, or into such a folder, and
// returns the first part of it that is one, with what stands before that.
func Inside(path string) (string, bool) {
	for at := 0; ; {
		end := strings.IndexByte(path[at:], '/')
		if end < 0 {
			end = len(path) - at
		}
		if Is(path[at : at+end]) {
			return path[:at+end], true
		}
		if at += end + 1; at > len(path) {
			return "", false
		}
	}
}
