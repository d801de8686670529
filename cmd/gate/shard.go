package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A shard is a part of a run that a process was told to test.
type shard struct {
	i    int
	n    int    // of how many; 0: nobody said
	said string // the variables that say so; empty: --shard does
}

// A counter is how a system tells the jobs that it runs side by side apart.
type counter struct {
	system string
	index  string // variable: which job this is
	total  string // variable: how many there are; empty: the system does not tell
	first  int    // the index of the first one
}

// counters are the systems that --shard auto knows.
//
// GitLab: docs.gitlab.com/ci/variables/predefined_variables. Kubernetes:
// kubernetes.io/docs/concepts/workloads/controllers/job, completion mode. AWS
// Batch: docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html.
func counters() []counter {
	return []counter{
		{"GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1},
		{"Kubernetes", "JOB_COMPLETION_INDEX", "", 0},
		{"AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", 0},
	}
}

// shardVariable is for systems that set none themselves, as GitHub's: "i/n".
const shardVariable = "STAGEGATE_SHARD"

// shardVariables are the variables of which --shard auto needs one.
func shardVariables() []string {
	all := []string{shardVariable}
	for _, c := range counters() {
		all = append(all, c.index)
	}
	return all
}

var shardForm = regexp.MustCompile(`^([1-9][0-9]{0,3})/([1-9][0-9]{0,3})$`)

// parseShard reads --shard: "i/n"; "" is the whole; "auto" is what the
// environment says. Systems that do not say the same are an error.
func parseShard(s string, getenv func(string) string) (shard, error) {
	switch s {
	case "":
		return shard{i: 1, n: 1}, nil
	case "auto":
		return autoShard(getenv)
	default:
		return readShard("--shard", s)
	}
}

// readShard reads "i/n", which name says.
func readShard(name, s string) (shard, error) {
	m := shardForm.FindStringSubmatch(s)
	if m == nil {
		return shard{}, fmt.Errorf("%s %q: want i/n, as in 2/3", name, s)
	}
	i, _ := strconv.Atoi(m[1])
	n, _ := strconv.Atoi(m[2])
	if i > n {
		return shard{}, fmt.Errorf("%s %s: there are only %d", name, s, n)
	}
	return shard{i: i, n: n}, nil
}

func autoShard(getenv func(string) string) (shard, error) {
	var found []shard
	if s := getenv(shardVariable); s != "" {
		one, err := readShard(shardVariable, s)
		if err != nil {
			return shard{}, err
		}
		one.said = shardVariable + "=" + s
		found = append(found, one)
	}
	for _, c := range counters() {
		one, ok, err := c.read(getenv)
		if err != nil {
			return shard{}, err
		}
		if ok {
			found = append(found, one)
		}
	}
	if len(found) == 0 {
		return shard{}, errors.New("--shard auto: none of " + strings.Join(shardVariables(), ", ") + " is set" +
			"\nhint: a job of GitHub sets STAGEGATE_SHARD from its matrix; GitLab's needs parallel:, Kubernetes' completionMode: Indexed, AWS Batch's an array; elsewhere --shard i/n")
	}
	all := found[0]
	for _, one := range found[1:] {
		if one.i != all.i || one.n != 0 && all.n != 0 && one.n != all.n {
			return shard{}, fmt.Errorf("--shard auto: %s is shard %s, %s is shard %s\nhint: --shard i/n, or unset what is not about this job", all.said, all, one.said, one)
		}
		all.n, all.said = max(all.n, one.n), all.said+" and "+one.said
	}
	return all, nil
}

// read is the shard that c's system says, if it says one.
func (c counter) read(getenv func(string) string) (s shard, ok bool, err error) {
	text := getenv(c.index)
	if text == "" {
		return s, false, nil
	}
	i, err := digits(text)
	if err != nil || i < c.first {
		return s, false, fmt.Errorf("--shard auto: %s=%q (%s): want a number from %d", c.index, text, c.system, c.first)
	}
	s.i, s.said = i-c.first+1, c.index+"="+text
	if c.total == "" {
		return s, true, nil
	}
	size := getenv(c.total)
	if s.n, err = digits(size); err != nil || s.n < 1 {
		return s, false, fmt.Errorf("--shard auto: %s is set, and %s=%q (%s): want a number from 1", s.said, c.total, size, c.system)
	}
	if s.said += " of " + c.total + "=" + size; s.i > s.n {
		return s, false, fmt.Errorf("--shard auto: %s (%s): there is no such job", s.said, c.system)
	}
	return s, true, nil
}

// digits reads digits, and nothing else, of a number that may be one of shards.
func digits(s string) (int, error) {
	if len(s) > 5 || strings.Trim(s, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(s)
}

// String is s as --shard has it; without a total where nobody said it.
func (s shard) String() string {
	if s.n == 0 {
		return strconv.Itoa(s.i)
	}
	return fmt.Sprintf("%d/%d", s.i, s.n)
}

// of checks s against the number of parts of a run, which its record has.
func (s shard) of(run string, n int) error {
	by, hint := "", "\nhint: as many jobs as shards: gate begin --shards says how many"
	if s.said != "" {
		by = " (" + s.said + ")"
	}
	switch {
	case s.n != 0 && s.n != n:
		return fmt.Errorf("run %s: is divided into %d shards, not %d%s%s", run, n, s.n, by, hint)
	case s.i > n:
		return fmt.Errorf("run %s: is divided into %d shards, there is no shard %d%s%s", run, n, s.i, by, hint)
	default:
		return nil
	}
}
