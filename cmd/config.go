package cmd

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What a flag does not say, the environment may: KLOCKSCAN_ and the flag's name in
// capitals. What neither says, the rules file may (its section options); the user's
// own goes before the tree's. The rest is the flag's default.

// envPrefix begins the names of variables that stand for flags.
const envPrefix = "KLOCKSCAN_"

// ownEnv is the flags that no variable stands for, or one that is read where it is
// needed.
var ownEnv = []string{"help", "cache", "no-cache", "timings", "output", "patch", "git", "old"}

// envMark is the annotation of flags that the environment has set.
const envMark = "environment"

// fromEnv sets the flags that the command line does not give.
func fromEnv(c *cobra.Command) error {
	var err error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := flagVariable(f)
		value := os.Getenv(name)
		if f.Changed || value == "" || slices.Contains(ownEnv, f.Name) || err != nil {
			return
		}
		if f.Name == "format" && !slices.Contains(strings.Fields(c.Annotations["formats"]), value) {
			return // one that other commands write
		}
		if bad := c.Flags().Set(f.Name, value); bad != nil {
			err = usagef("%s: %w", name, bad)
		}
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		f.Annotations[envMark] = []string{name}
	})
	return err
}

// flagVariable is the name of the variable that stands for a flag.
func flagVariable(f *pflag.Flag) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// A fileOptions is what a rules file says instead of flags.
type fileOptions struct {
	Arch       []string `yaml:"arch"`
	Scope      []string `yaml:"scope"`
	Confidence string   `yaml:"confidence"`
	FailOn     []string `yaml:"fail-on"`
	Baseline   string   `yaml:"baseline"` // a path beside the rules file
	Link       string   `yaml:"link"`
}

// values is the values by the names of the flags.
func (f *fileOptions) values() [][2]string {
	var out [][2]string
	for _, v := range [][2]string{{"arch", strings.Join(f.Arch, ",")}, {"scope", strings.Join(f.Scope, ",")}, {"confidence", f.Confidence},
		{"fail-on", strings.Join(f.FailOn, ",")}, {"baseline", f.Baseline}, {"link", f.Link}} {
		if v[1] != "" {
			out = append(out, v)
		}
	}
	return out
}

// configure enters what the rules files say of flags that nothing else gives, and
// validates again: the last file counts.
func (o *options) configure(set *settings) error {
	if o.command == nil || o.settled {
		return nil
	}
	o.settled = true // what the first tree says counts for a second one too
	if len(set.options) == 0 {
		return nil
	}
	flags := o.command.Flags()
	for _, v := range slices.Backward(set.options) {
		f := flags.Lookup(v.flag)
		if f == nil || f.Changed {
			continue // the command has no such flag, or something better is known
		}
		if err := flags.Set(v.flag, v.value); err != nil {
			return usagef("%s: %s: %w", v.file, v.flag, err)
		}
	}
	return o.validate(o.command)
}

// useProcessors bounds the processors that are used.
func (o *options) useProcessors() {
	if o.jobs > 0 {
		runtime.GOMAXPROCS(min(o.jobs, runtime.NumCPU()))
	}
}

// A namedTexts is the files that the command line names, each read once: it may be a
// pipe, and what was used is what the key of an answer has. It is safe for concurrent
// use; a nil one reads each time.
type namedTexts struct {
	mu    sync.Mutex
	texts map[string][]byte
}

// put enters a text that was read otherwise.
func (n *namedTexts) put(name string, text []byte) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.texts[name]; !ok { // of two trees the first one's counts
		n.enter(name, text)
	}
}

// enter is put with the lock held.
func (n *namedTexts) enter(name string, text []byte) {
	if n.texts == nil {
		n.texts = map[string][]byte{}
	}
	n.texts[name] = text
}

// read is the text of a file of at most so many bytes.
func (n *namedTexts) read(name string, most int64) ([]byte, error) {
	if n != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		if text, ok := n.texts[name]; ok {
			return text, nil
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := limited(f, most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if n != nil {
		n.enter(name, text)
	}
	return text, nil
}
