package features

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"

	messages "github.com/cucumber/messages/go/v34"

	"github.com/stagegate/stagegate/harness"
)

// A scenario is one scenario or one row of an outline's examples, as planned.
type scenario struct {
	in      *home
	sub     string // name of the subtest, below the test
	id      string // name under go test
	name    string // alone, with a row's values in it
	title   string
	plain   string // the title without a row's values
	where   string
	tags    []string
	hash    string
	steps   []step
	pickle  string          // its id in messages
	pickles []string        // those of its steps, where somebody reads the messages
	mutates string          // why it changes its target; empty if it does not
	problem harness.Outcome // why it cannot pass; empty if it can
	detail  string
}

// place is where step i stands.
func (s *scenario) place(i int) string { return fmt.Sprintf("%s:%d", s.in.uri, s.steps[i].line) }

func (s *scenario) tagged(tag string) bool { return slices.Contains(s.tags, tag) }

func (s *scenario) planned() harness.Planned {
	return harness.Planned{ID: s.id, Name: s.title, Kind: harness.Scenario, Where: s.where, Tags: s.tags,
		Hash: s.hash, Problem: s.problem, Detail: s.detail}
}

// read reads all scenarios below root, in the order of the files' names, as
// subtests of test. Each feature is shown to tell, if there is one, with ids
// that differ in the whole run.
func read(root fs.FS, test string, ids func() string, tell func(*feature) error) ([]*scenario, error) {
	files, err := discover(root)
	if err != nil {
		return nil, err
	}
	var all []*scenario
	texts := phrases{}
	for _, name := range files {
		f, err := parse(root, name, ids)
		if err != nil {
			return nil, err
		}
		if tell != nil {
			if err := tell(f); err != nil {
				return nil, err
			}
			f.told = true
		}
		all = append(all, f.scenarios(texts)...)
	}
	called(all, test)
	return all, nil
}

// called makes the names of scenarios differ, as subtests of test.
func called(all []*scenario, test string) {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].sub
	}
	for i, sub := range distinct(names) {
		all[i].id = test + "/" + sub
		all[i].sub = all[i].id[len(test)+1:]
	}
}

// scenarios lists the scenarios of f in the order of the file. An outline
// without rows is one too: it would be missed otherwise.
func (f *feature) scenarios(texts phrases) []*scenario {
	pickles := map[string]*messages.Pickle{} // by the scenario's or the row's id
	for _, p := range f.pickles {
		pickles[p.AstNodeIds[len(p.AstNodeIds)-1]] = p
	}
	lines := f.stepLines()
	var all []*scenario
	for _, p := range f.places() {
		if len(p.Examples) == 0 {
			sc := f.scenario(p, pickles[p.Id], lines, texts)
			sc.sub = subtest(f.doc.Name, p.Name)
			if outlineKeyword(f.doc.Language, p.Keyword) {
				sc.problem, sc.detail = harness.Empty, sc.where+": an outline without examples"
			}
			all = append(all, sc)
			continue
		}
		for _, ex := range p.Examples {
			if len(ex.TableBody) == 0 {
				all = append(all, f.withoutRows(p, ex))
			}
			for _, row := range ex.TableBody {
				sc := f.scenario(p, pickles[row.Id], lines, texts)
				v := values(cells(row))
				sc.sub = subtest(f.doc.Name, p.Name, v)
				sc.title += " (" + v + ")"
				all = append(all, sc)
			}
		}
	}
	return all
}

func cells(row *messages.TableRow) (all []string) {
	for _, c := range row.Cells {
		all = append(all, c.Value)
	}
	return all
}

func (f *feature) at(l *messages.Location) string { return fmt.Sprintf("%s:%d", f.uri, l.Line) }

func (f *feature) scenario(p place, pickle *messages.Pickle, lines map[string]*messages.Step, texts phrases) *scenario {
	title := f.doc.Name + ": " + pickle.Name
	sc := &scenario{in: f.home, title: title, name: title[len(title)-len(pickle.Name):], plain: title, where: f.at(pickle.Location), pickle: pickle.Id}
	if p.Name != pickle.Name {
		sc.plain = f.doc.Name + ": " + p.Name
	}
	sc.steps = make([]step, 0, len(pickle.Steps))
	for _, t := range pickle.Tags {
		if !sc.tagged(t.Name) {
			sc.tags = append(sc.tags, texts.of(t.Name).text)
		}
	}
	for _, st := range pickle.Steps {
		ast := lines[st.AstNodeIds[0]]
		sc.steps = append(sc.steps, step{phrase: texts.of(st.Text), keyword: texts.of(ast.Keyword), line: int32(ast.Location.Line), argument: st.Argument})
		if f.told {
			sc.pickles = append(sc.pickles, st.Id)
		}
	}
	sc.hash = digest(p.rule, pickle)
	return sc
}

func (f *feature) withoutRows(p place, ex *messages.Examples) *scenario {
	name := ex.Name
	if name == "" {
		name = "no examples"
	}
	sc := &scenario{in: f.home, sub: subtest(f.doc.Name, p.Name, name), name: p.Name, title: f.doc.Name + ": " + p.Name, plain: f.doc.Name + ": " + p.Name, where: f.at(ex.Location),
		problem: harness.Empty, detail: f.at(ex.Location) + ": examples without a row"}
	tags := [][]*messages.Tag{f.doc.Tags, nil, p.Tags, ex.Tags}
	if p.rule != nil {
		tags[1] = p.rule.Tags
	}
	for _, t := range slices.Concat(tags...) {
		if !sc.tagged(t.Name) {
			sc.tags = append(sc.tags, t.Name)
		}
	}
	sc.hash = digest(p.rule, &messages.Pickle{})
	return sc
}

// A place is a scenario or an outline, and the rule that it stands in.
type place struct {
	*messages.Scenario
	rule *messages.Rule // nil outside of rules
}

// places lists the scenarios of f in the order of the file.
func (f *feature) places() (all []place) {
	for _, c := range f.doc.Children {
		if c.Scenario != nil {
			all = append(all, place{c.Scenario, nil})
		}
		if c.Rule == nil {
			continue
		}
		for _, r := range c.Rule.Children {
			if r.Scenario != nil {
				all = append(all, place{r.Scenario, c.Rule})
			}
		}
	}
	return all
}

// stepLines finds the steps of f by their ids.
func (f *feature) stepLines() map[string]*messages.Step {
	all := map[string]*messages.Step{}
	add := func(b *messages.Background, s *messages.Scenario) {
		if b != nil {
			for _, st := range b.Steps {
				all[st.Id] = st
			}
		}
		if s != nil {
			for _, st := range s.Steps {
				all[st.Id] = st
			}
		}
	}
	for _, c := range f.doc.Children {
		add(c.Background, c.Scenario)
		if c.Rule != nil {
			for _, r := range c.Rule.Children {
				add(r.Background, r.Scenario)
			}
		}
	}
	return all
}

// digest is the hash of what a scenario says: the rule, and of each step the
// kind of its keyword, text and argument. Names, tags, comments, indentation
// and line numbers may change without changing what is tested.
func digest(rule *messages.Rule, p *messages.Pickle) string {
	h := sha256.New()
	if rule != nil {
		fmt.Fprintf(h, "rule %q\n", rule.Name)
	}
	for _, st := range p.Steps {
		fmt.Fprintf(h, "%s %q\n", st.Type, st.Text)
		if st.Argument != nil {
			argument(h, st.Argument)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func argument(h hash.Hash, a *messages.PickleStepArgument) {
	if d := a.DocString; d != nil {
		fmt.Fprintf(h, "doc %q %q\n", d.MediaType, d.Content)
	}
	if a.DataTable == nil {
		return
	}
	for _, row := range a.DataTable.Rows {
		io.WriteString(h, "row")
		for _, c := range row.Cells {
			fmt.Fprintf(h, " %q", c.Value)
		}
		io.WriteString(h, "\n")
	}
}
