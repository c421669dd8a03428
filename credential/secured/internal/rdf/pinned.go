package rdf

import (
	"embed"
	"strings"
	"sync"
)

//go:generate contexts/generate.sh

// pinnedFiles holds the contexts, and pinned.txt: for each its SHA-256, file and URL.
//
//go:embed contexts/*.json contexts/pinned.txt
var pinnedFiles embed.FS

// loaded is the contexts that were asked for, by URL. They are shared and never changed.
var loaded sync.Map

// pinnedNames is the file of each URL.
var pinnedNames = sync.OnceValue(func() map[string]string {
	list, err := pinnedFiles.ReadFile("contexts/pinned.txt")
	if err != nil {
		panic(err) // it is embedded
	}
	files := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if fields := strings.Fields(line); len(fields) == 3 {
			files[fields[2]] = fields[1]
		}
	}
	return files
})

// Context returns the member "@context" of a pinned context document.
func Context(url string) (any, bool) {
	if found, ok := loaded.Load(url); ok {
		return found, true
	}
	file, ok := pinnedNames()[url]
	if !ok {
		return nil, false
	}
	text, err := pinnedFiles.ReadFile("contexts/" + file)
	if err != nil {
		panic(err) // it is embedded, and a test reads each
	}
	left := maxValues
	document, err := parse(text, &left)
	if err != nil {
		panic(err)
	}
	found, _ := loaded.LoadOrStore(url, document.(map[string]any)["@context"])
	return found, true
}
