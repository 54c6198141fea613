//go:build linux

package tests

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ordered are the packages whose doc lists their files from top to bottom: the functions of a file call those of files further down.
// Methods of interfaces, fields and types count for nothing: what is called through them is chosen elsewhere.
var ordered = []string{
	"master", "worker/proxy", "worker/exchange", "worker/exchange/http", "worker/exchange/relay", "worker/upstream", "worker/accesslog", "worker/flow", "worker/loop",
}

// upwards are the calls that may run up, with the reason.
var upwards = map[string]string{
	"master: up.go calls outgoing.go":      "a wish for a next generation that came while this one did is fulfilled when it serves",
	"worker/flow: splice.go calls flow.go": "a flow takes one of two ways in each turn, and goes over from one to the other",
}

func TestFilesCallDown(t *testing.T) {
	t.Parallel()
	all := ours(t)
	known := compiled(t)
	for _, name := range ordered {
		c := newCalls(t, all[name], known)
		for _, f := range c.files {
			c.check(t, name, f)
		}
	}
}

// compiled knows the types of all packages that the ordered ones import.
func compiled(t *testing.T) types.Importer {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}
	for _, name := range ordered {
		args = append(args, module+"/"+name)
	}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, export, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = export
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
}

// calls is a package whose files are checked.
type calls struct {
	fset  *token.FileSet
	files []*ast.File
	uses  map[*ast.Ident]types.Object
	pkg   *types.Package
	place map[string]int // of each file in the doc
}

func newCalls(t *testing.T, p listed, known types.Importer) *calls {
	t.Helper()
	c := &calls{fset: token.NewFileSet(), uses: make(map[*ast.Ident]types.Object), place: make(map[string]int)}
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, f)
		if f.Doc != nil {
			c.read(f.Doc.Text())
		}
	}
	var err error
	if c.pkg, err = (&types.Config{Importer: known}).Check(p.ImportPath, c.fset, c.files, &types.Info{Uses: c.uses}); err != nil {
		t.Fatal(err)
	}
	return c
}

// fileLine is a line of a package's doc that names files.
var fileLine = regexp.MustCompile(`(?m)^\t([a-z]+(?:, [a-z]+)*)(?:  .*)$`)

// read takes the order of the files from the package's doc.
func (c *calls) read(doc string) {
	for _, line := range fileLine.FindAllStringSubmatch(doc, -1) {
		for _, name := range strings.Split(line[1], ", ") {
			c.place[name+".go"] = len(c.place)
		}
	}
}

func (c *calls) file(pos token.Pos) string { return filepath.Base(c.fset.Position(pos).Filename) }

// check reports what a file calls in files above.
func (c *calls) check(t *testing.T, pkg string, f *ast.File) {
	from := c.file(f.Pos())
	at, ok := c.place[from]
	if !ok {
		t.Errorf("%s: the package's doc does not say what %s is for", pkg, from)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		fn, ok := c.uses[id].(*types.Func)
		if !ok || fn.Pkg() != c.pkg {
			return true
		}
		to := c.file(fn.Pos())
		if arrow := pkg + ": " + from + " calls " + to; c.place[to] < at && upwards[arrow] == "" {
			t.Errorf("%s, which is above it: %s", arrow, fn.Name())
		}
		return true
	})
}
