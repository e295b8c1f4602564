package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"klockscan/callgraph"
	"klockscan/lockflow"
)

// largestRules bounds a rules file: nobody writes a megabyte of lock rules.
const largestRules = 1 << 20

// treeRulesFile is the rules file of a tree, at its root.
const treeRulesFile = ".klockscan.yaml"

// A rulesFile is what a user tells about a tree; docs/klockscan.schema.json
// describes it. Each row of primitives, entries and suppress gives its reason.
type rulesFile struct {
	Options    *fileOptions   `yaml:"options"`
	Rules      []rulesRow     `yaml:"rules"`
	Primitives []primitiveRow `yaml:"primitives"`
	Entries    []entryRow     `yaml:"entries"`
	Suppress   []suppressRow  `yaml:"suppress"`
}

// A rulesRow is one row of the rules:
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

// A primitiveRow is a row of lockflow/primitives.txt, column by column.
type primitiveRow struct {
	Name   string   `yaml:"name"`
	Action string   `yaml:"action"`
	Object string   `yaml:"object"`
	Mode   string   `yaml:"mode"`
	Result string   `yaml:"result"`
	Flags  []string `yaml:"flags"`
	Reason string   `yaml:"reason"`
}

// An entryRow is a row of callgraph/entries.txt: exactly one of Member, Async, Macro
// and Name.
type entryRow struct {
	Member   string `yaml:"member"`
	Async    string `yaml:"async"`
	Macro    string `yaml:"macro"`
	Argument int    `yaml:"argument"` // of the macro
	Name     string `yaml:"name"`
	Kind     string `yaml:"kind"`
	Reason   string `yaml:"reason"`
}

// A suppressRow silences the findings that have all that it gives.
type suppressRow struct {
	Fingerprint string `yaml:"fingerprint"`
	Kind        string `yaml:"kind"`
	Function    string `yaml:"function"`
	File        string `yaml:"file"`
	Arch        string `yaml:"arch"`
	Outer       string `yaml:"outer"`
	Inner       string `yaml:"inner"`
	Reason      string `yaml:"reason"`

	place string // FILE:LINE:COLUMN
	used  bool
}

// A settings is what the rules files of a run say together.
type settings struct {
	rules      []*lockflow.Rule
	primitives string // rows as in primitives.txt
	entries    string // rows as in entries.txt
	suppress   []*suppressRow
	rows       string // the rules, with their places
	options    []fileOption
	dir        string // of the file that is being added
	beside     string // the baseline that it names, from there
}

// A fileOption is the value of a flag as a rules file gives it.
type fileOption struct {
	file, flag, value string
}

// tables is all that a result depends on before findings are suppressed.
func (set *settings) tables() string { return set.rows + "\n" + set.primitives + "\n" + set.entries }

// readSettings reads the tree's own rules file, if there is one, and the user's.
func readSettings(t *tree, name string, texts *namedTexts) (*settings, error) {
	set := &settings{dir: t.path}
	text, err := t.ReadFile(treeRulesFile)
	switch {
	case err == nil:
		err = set.add(treeRulesFile, text)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	default:
		err = usagef("%s: %w", treeRulesFile, err)
	}
	if err == nil && set.beside != "" {
		// The tree's own file is read as the tree is: no link leads out of it, and a
		// commit or a patch may have it.
		if text, err = t.ReadFile(path.Clean(set.beside)); err != nil {
			return set, usagef("%s: options: baseline: %w", treeRulesFile, err)
		}
		texts.put(filepath.Join(set.dir, set.beside), text)
	}
	if err != nil || name == "" {
		return set, err
	}
	if text, err = texts.read(name, largestRules); err != nil {
		return nil, usagef("--rules: %w", err)
	}
	set.dir = filepath.Dir(name)
	if err := set.add(name, text); err != nil {
		return nil, usagef("--rules: %w", err)
	}
	return set, nil
}

// add adds a file. What is wrong with it is an error with line and column.
func (set *settings) add(name string, text []byte) error {
	if len(text) > largestRules {
		return usagef("%s: too large", name)
	}
	file, places, err := decodeRules(text)
	if err != nil {
		return usagef("%s: %s", name, yaml.FormatError(err, false, false))
	}
	var errs []error
	at := func(list string, i int) string { return places.of(name, list, i) }
	if file.Options != nil {
		errs = append(errs, placed(name, set.addOptions(name, file.Options)))
	}
	var rows []lockflow.UserRule
	for i, r := range file.Rules {
		rows = append(rows, lockflow.UserRule{Kind: r.Kind, Outer: r.Outer, Inner: r.Inner, Arch: r.Arch, Text: r.Text,
			File: name, Line: places.line("rules", i), Column: places.column("rules", i)})
	}
	set.rows += fmt.Sprintf("%+v\n", rows)
	rules, err := lockflow.UserRules(rows)
	errs = append(errs, err)
	set.rules = append(set.rules, rules...)
	for i, p := range file.Primitives {
		row, err := p.row()
		if err == nil { // each for itself, so that the place is that of the row
			if _, bad := (&lockflow.Table{}).Extend("", strings.NewReader(row)); bad != nil {
				err = errors.New(strings.TrimPrefix(bad.Error(), ":1: "))
			}
		}
		errs = append(errs, placed(at("primitives", i), err))
		set.primitives += row
	}
	for i, e := range file.Entries {
		row, err := e.row()
		errs = append(errs, placed(at("entries", i), err))
		set.entries += row
	}
	for i := range file.Suppress {
		s := &file.Suppress[i]
		s.place = at("suppress", i)
		errs = append(errs, placed(s.place, s.valid()))
		set.suppress = append(set.suppress, s)
	}
	if err := errors.Join(errs...); err != nil {
		return usagef("%w", err)
	}
	return nil
}

// addOptions adds what a file says of flags. A baseline lies beside the file.
func (set *settings) addOptions(name string, o *fileOptions) error {
	if b := o.Baseline; b != "" {
		if !filepath.IsLocal(b) {
			return fmt.Errorf("options: baseline %q does not lie beside the file or below", b)
		}
		o.Baseline = filepath.Join(set.dir, b)
		set.beside = filepath.ToSlash(b)
	}
	for _, v := range o.values() {
		set.options = append(set.options, fileOption{name, v[0], v[1]})
	}
	return nil
}

func placed(place string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", place, err)
}

// row is the row of primitives.txt.
func (p primitiveRow) row() (string, error) {
	if p.Name == "" || p.Action == "" || p.Reason == "" {
		return "", errors.New("a primitive needs name, action and reason")
	}
	words := []string{p.Name, p.Action, p.Object, p.Mode, p.Result, strings.Join(p.Flags, ",")}
	for i, w := range words {
		words[i] = cmp.Or(w, "-")
		if strings.ContainsAny(w, " \t\n#") {
			return "", fmt.Errorf("%q: no blanks and no # here", w)
		}
	}
	return strings.Join(words, " ") + " # " + oneLine(p.Reason) + "\n", nil
}

// row is the row of entries.txt.
func (e entryRow) row() (string, error) {
	if e.Kind == "" || e.Reason == "" {
		return "", errors.New("an entry needs kind and reason")
	}
	var rows []string
	for _, o := range []struct{ word, pattern string }{{"member struct", strings.TrimPrefix(e.Member, "struct ")}, {"async", e.Async},
		{"macro", e.Macro}, {"name", e.Name}} {
		if o.pattern == "" {
			continue
		}
		if strings.ContainsAny(o.pattern, " \t\n#") {
			return "", fmt.Errorf("%q: no blanks and no # here", o.pattern)
		}
		row := o.word + " " + o.pattern
		if o.word == "macro" {
			row += fmt.Sprintf(" %d", e.Argument)
		}
		rows = append(rows, row)
	}
	if len(rows) != 1 {
		return "", errors.New("an entry is exactly one of member, async, macro and name")
	}
	return rows[0] + " " + oneLine(e.Kind) + " # " + oneLine(e.Reason) + "\n", nil
}

// valid says what a suppression lacks.
func (s *suppressRow) valid() error {
	if strings.TrimSpace(s.Reason) == "" {
		return errors.New("a suppression needs a reason")
	}
	if s.Arch != "" && !slices.Contains(callgraph.Arches(), s.Arch) {
		return fmt.Errorf("a suppression of %q: architectures are %s", s.Arch, strings.Join(callgraph.Arches(), ", "))
	}
	if s.Fingerprint == "" && (s.Kind == "" || s.Function == "" && s.Outer == "" && s.Inner == "") {
		return errors.New("a suppression needs a fingerprint, or a kind with a function or a lock")
	}
	return nil
}

// decodeRules decodes strictly: an unknown key is an error.
func decodeRules(text []byte) (*rulesFile, rowPlaces, error) {
	var file rulesFile
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	if len(file.Rules)+len(file.Primitives)+len(file.Entries)+len(file.Suppress) == 0 && (file.Options == nil || len(file.Options.values()) == 0) {
		return nil, nil, errors.New("no rules: want rules, primitives, entries or suppress, each a list of rows, or options")
	}
	return &file, placesOf(text), nil
}

// rowPlaces is line and column of each row, by list.
type rowPlaces map[string][][2]int

func (p rowPlaces) line(list string, i int) int   { return p.at(list, i)[0] }
func (p rowPlaces) column(list string, i int) int { return p.at(list, i)[1] }

func (p rowPlaces) at(list string, i int) [2]int {
	if i < len(p[list]) {
		return p[list][i]
	}
	return [2]int{}
}

func (p rowPlaces) of(file, list string, i int) string {
	at := p.at(list, i)
	return fmt.Sprintf("%s:%d:%d", file, at[0], at[1])
}

// placesOf finds where the rows of each list stand.
func placesOf(text []byte) rowPlaces {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil
	}
	out := rowPlaces{}
	for _, list := range []string{"rules", "primitives", "entries", "suppress"} {
		path, err := yaml.PathString("$." + list)
		if err != nil {
			continue
		}
		node, err := path.FilterFile(file)
		if err != nil {
			continue
		}
		if seq, ok := node.(*ast.SequenceNode); ok {
			for _, v := range seq.Values {
				at := firstToken(v).Position
				out[list] = append(out[list], [2]int{at.Line, at.Column})
			}
		}
	}
	return out
}

// firstToken is where a row begins: a mapping's own token is its first colon.
func firstToken(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

// boundRules is the rules as one architecture's code binds them.
type boundRules struct {
	arch  string
	rules []*lockflow.Rule
}

// unboundRules is the user's rules that name a lock which no architecture has. A
// rule about an architecture that is not analysed is not judged.
func unboundRules(own []*lockflow.Rule, bound []boundRules) error {
	var errs []error
	for _, r := range own {
		if r.Arch != "" && !slices.ContainsFunc(bound, func(b boundRules) bool { return b.arch == r.Arch }) {
			continue
		}
		status := ""
		for _, b := range bound {
			k := slices.IndexFunc(b.rules, func(o *lockflow.Rule) bool {
				return o.File == r.File && o.Line == r.Line && o.Column == r.Column && o.Text == r.Text
			})
			if k < 0 || r.Arch != "" && b.arch != r.Arch {
				continue
			}
			if status = b.rules[k].Status; status == "" {
				break
			}
		}
		if status != "" {
			errs = append(errs, fmt.Errorf("%s:%d:%d: %s", r.File, r.Line, r.Column, status))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return usagef("%w", err)
	}
	return nil
}
