package features

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness/tags"
)

// checkTags refuses a name without "@": no scenario has it, and with a "not"
// before it all of them would be selected.
func checkTags(all []*scenario, e tags.Expr) error {
	for _, name := range e.Tags() {
		if !strings.HasPrefix(name, "@") {
			return fmt.Errorf("%q is no tag: tags begin with @%s", name, didYouMean("@"+name, known(all)))
		}
	}
	return nil
}

// nothing says why no scenario was selected.
func nothing(all []*scenario, expression string) string {
	if len(all) == 0 {
		return "no scenario: there are no *.feature files with scenarios in this folder or below (testdata, vendor, node_modules, hidden folders and other modules are not searched)"
	}
	have := known(all)
	s := fmt.Sprintf("no scenario: tags %q select none of %d", expression, len(all))
	e, err := tags.Parse(expression)
	if err != nil {
		return s
	}
	for _, name := range e.Tags() {
		if !slices.Contains(have, name) {
			s += fmt.Sprintf("; no scenario is tagged %s%s", name, didYouMean(name, have))
		}
	}
	if len(have) == 0 {
		return s + "; there are no tags at all"
	}
	slices.SortStableFunc(have, func(a, b string) int { return nearest(a, e) - nearest(b, e) })
	return s + "; there are " + strings.Join(have, " ")
}

// nearest is the distance of a tag to the next one that e names.
func nearest(tag string, e tags.Expr) int {
	best := len(tag)
	for _, name := range e.Tags() {
		best = min(best, distance(tag, name))
	}
	return best
}

func known(all []*scenario) (names []string) {
	for _, sc := range all {
		for _, t := range sc.tags {
			if !slices.Contains(names, t) {
				names = append(names, t)
			}
		}
	}
	slices.Sort(names)
	return names
}

func didYouMean(name string, have []string) string {
	best, at := len(name)/2+1, ""
	for _, h := range have {
		if d := distance(strings.ToLower(name), strings.ToLower(h)); d < best {
			best, at = d, h
		}
	}
	if at == "" {
		return ""
	}
	return ": did you mean " + at + "?"
}

// distance is how many letters have to be put in, taken out or replaced to
// make b of a (Levenshtein).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		before := row[0]
		row[0] = i + 1
		for j, q := range to {
			cost := before
			if r != q {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, before+1, row[j]+1)
		}
	}
	return row[len(to)]
}
