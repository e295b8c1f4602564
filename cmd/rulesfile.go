package cmd

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"klockscan/lockflow"
)

// largestRules bounds a rules file: nobody writes a megabyte of lock rules.
const largestRules = 1 << 20

// A rulesRow is one row of a rules file:
//
//	rules:
//	  - outer: [a->lock]
//	    inner: [b->lock, c->lock]
//	    arch: x86               # optional
//	    kind: order             # optional; as lockflow.RuleKind
//	  - text: a->lock is taken outside b->lock
type rulesRow struct {
	Kind  string   `yaml:"kind"`
	Outer []string `yaml:"outer"`
	Inner []string `yaml:"inner"`
	Arch  string   `yaml:"arch"`
	Text  string   `yaml:"text"`
}

// readRulesFile reads the user's rules; no name means none.
func readRulesFile(name string) ([]*lockflow.Rule, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usagef("--rules: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestRules+1))
	if err == nil && len(text) > largestRules {
		err = errors.New("too large")
	}
	if err != nil {
		return nil, usagef("--rules %s: %w", name, err)
	}
	rows, err := decodeRules(name, text)
	if err != nil {
		return nil, usagef("--rules %s: %s", name, yaml.FormatError(err, false, false))
	}
	rules, err := lockflow.UserRules(rows)
	if err != nil {
		return nil, usagef("--rules: %w", err)
	}
	return rules, nil
}

// decodeRules decodes strictly (an unknown key is an error) and finds the line
// of each row.
func decodeRules(name string, text []byte) ([]lockflow.UserRule, error) {
	var file struct {
		Rules []rulesRow `yaml:"rules"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := dec.Decode(&file); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("no rules: want a key \"rules\" with a list of rows")
		}
		return nil, err
	}
	if len(file.Rules) == 0 {
		return nil, errors.New("no rules: want a key \"rules\" with a list of rows")
	}
	lines := rowLines(text)
	rows := make([]lockflow.UserRule, len(file.Rules))
	for i, r := range file.Rules {
		rows[i] = lockflow.UserRule{Kind: r.Kind, Outer: r.Outer, Inner: r.Inner, Arch: r.Arch, Text: r.Text, File: name}
		if i < len(lines) {
			rows[i].Line = lines[i]
		}
	}
	return rows, nil
}

// rowLines is the line of each element of the list under "rules".
func rowLines(text []byte) []int {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil
	}
	path, err := yaml.PathString("$.rules")
	if err != nil {
		return nil
	}
	node, err := path.FilterFile(file)
	if err != nil {
		return nil
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		return nil
	}
	lines := make([]int, len(list.Values))
	for i, v := range list.Values {
		lines[i] = v.GetToken().Position.Line
	}
	return lines
}
