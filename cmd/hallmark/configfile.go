package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hallmark-node/hallmark/cmd/internal/run"
	"github.com/hallmark-node/hallmark/internal/fault"
)

// maxConfig bounds a configuration file, in bytes.
const maxConfig = 1 << 20

// configFile is a configuration file that was read.
type configFile struct {
	path   string
	node   settings
	chains []settings
}

// readConfig reads a configuration file: a YAML mapping of the names in
// nodeSettings, with a list "chains" of mappings for those of a chain. Whatever is
// not expected is an error that names line and key. An empty path is an empty file.
func readConfig(path string) (*configFile, error) {
	f := &configFile{path: path, node: settings{}}
	if path == "" {
		return f, nil
	}
	data, err := fault.ReadFile(path, maxConfig)
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return f, nil
	case err != nil:
		return nil, run.Usagef("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, run.Usagef("%s: there is more than one document in it", path)
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return f, nil
	}
	return f, f.mapping(root, false, f.node)
}

// mapping reads the settings of the node or of one chain into s.
func (f *configFile) mapping(n *yaml.Node, isChain bool, s settings) error {
	if n.Kind != yaml.MappingNode {
		return f.wrong(n, "", "want settings, as in \"poll: 4s\"")
	}
	seen := make(map[string]bool)
	for i := 0; i < len(n.Content); i += 2 {
		key, content := n.Content[i], n.Content[i+1]
		name := key.Value
		if seen[name] {
			return f.wrong(key, name, "it is there twice")
		}
		seen[name] = true
		if name == "chains" && !isChain {
			if err := f.list(content); err != nil {
				return err
			}
			continue
		}
		known := settingOf(name)
		switch {
		case key.Kind != yaml.ScalarNode || known.name == "" && !strings.Contains(name, "password"):
			return f.wrong(key, name, "there is no such setting")
		case known.name == "":
			return f.wrong(key, name, "there is no such setting; a secret stays out of this file: name a file with password-file")
		case known.chain && !isChain:
			return f.wrong(key, name, "this is a setting of a chain: put it under \"chains:\"")
		case !known.chain && isChain:
			return f.wrong(key, name, "this is a setting of the node, not of a chain")
		}
		v, err := f.value(known, content)
		if err != nil {
			return err
		}
		s[name] = v
	}
	return nil
}

// list reads the chains.
func (f *configFile) list(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return f.wrong(n, "chains", "want a list of chains, each beginning with \"-\"")
	}
	for _, item := range n.Content {
		s := settings{}
		if err := f.mapping(item, true, s); err != nil {
			return err
		}
		f.chains = append(f.chains, s)
	}
	return nil
}

// value reads the value of one setting: a text or a number, or for some a list.
func (f *configFile) value(s setting, n *yaml.Node) (value, error) {
	v := value{source: fmt.Sprintf("%s, line %d: %s", f.path, n.Line, s.name), folder: filepath.Dir(f.path)}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode && s.list {
		items = n.Content
	}
	for _, item := range items {
		if item.Kind != yaml.ScalarNode {
			return v, f.wrong(item, s.name, "want one value")
		}
		if item.Tag != "!!null" && item.Value != "" {
			v.texts = append(v.texts, item.Value)
		}
	}
	return v, nil
}

func (f *configFile) wrong(n *yaml.Node, name, reason string) error {
	if name != "" {
		name += ": "
	}
	return run.Usagef("%s, line %d: %s%s", f.path, n.Line, name, reason)
}
