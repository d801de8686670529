package main

import (
	"strings"
	"testing"
)

func TestShard(t *testing.T) {
	for _, tt := range []struct {
		name, flag, env string // variables, separated by a space
		shards          int    // of the run
		want            string // or a part of the error
		err             string
	}{
		{name: "the whole", shards: 1, want: "1/1"},
		{name: "the whole of a divided run", shards: 3, err: "is divided into 3 shards, not 1"},
		{name: "variables are not read unless asked", env: "CI_NODE_INDEX=2 CI_NODE_TOTAL=3 STAGEGATE_SHARD=x", shards: 1, want: "1/1"},
		{name: "a flag", flag: "2/3", shards: 3, want: "2/3"},
		{name: "a flag of another run", flag: "2/4", shards: 3, err: "is divided into 3 shards, not 4\nhint: "},
		{name: "a flag beyond", flag: "4/3", err: "--shard 4/3: there are only 3"},
		{name: "a flag of another form", flag: "0/3", err: `--shard "0/3": want i/n`},
		{name: "a flag with a sign", flag: "+1/3", err: "want i/n"},

		{name: "GitHub", flag: "auto", env: "STAGEGATE_SHARD=3/3", shards: 3, want: "3/3"},
		{name: "GitHub, an expression that is empty", flag: "auto", env: "STAGEGATE_SHARD=/3", err: `STAGEGATE_SHARD "/3": want i/n`},
		{name: "GitHub, too many jobs", flag: "auto", env: "STAGEGATE_SHARD=4/4", shards: 3, err: "is divided into 3 shards, not 4 (STAGEGATE_SHARD=4/4)"},
		{name: "GitLab", flag: "auto", env: "CI_NODE_INDEX=1 CI_NODE_TOTAL=3", shards: 3, want: "1/3"},
		{name: "GitLab, a job of another parallel", flag: "auto", env: "CI_NODE_INDEX=1 CI_NODE_TOTAL=2", shards: 3, err: "not 2 (CI_NODE_INDEX=1 of CI_NODE_TOTAL=2)"},
		{name: "GitLab, a job without parallel", flag: "auto", env: "CI_NODE_TOTAL=1", shards: 1, err: "none of STAGEGATE_SHARD, CI_NODE_INDEX, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX is set\nhint: "},
		{name: "GitLab, no total", flag: "auto", env: "CI_NODE_INDEX=1", err: `CI_NODE_TOTAL=""`},
		{name: "GitLab, from 1", flag: "auto", env: "CI_NODE_INDEX=0 CI_NODE_TOTAL=3", err: `CI_NODE_INDEX="0" (GitLab): want a number from 1`},
		{name: "GitLab, beyond", flag: "auto", env: "CI_NODE_INDEX=4 CI_NODE_TOTAL=3", err: "there is no such job"},
		{name: "Kubernetes, the first", flag: "auto", env: "JOB_COMPLETION_INDEX=0", shards: 3, want: "1/3"},
		{name: "Kubernetes, the last", flag: "auto", env: "JOB_COMPLETION_INDEX=2", shards: 3, want: "3/3"},
		{name: "Kubernetes, beyond", flag: "auto", env: "JOB_COMPLETION_INDEX=3", shards: 3, err: "there is no shard 4 (JOB_COMPLETION_INDEX=3)"},
		{name: "Kubernetes, no number", flag: "auto", env: "JOB_COMPLETION_INDEX=two", err: `JOB_COMPLETION_INDEX="two" (Kubernetes): want a number from 0`},
		{name: "Kubernetes, negative", flag: "auto", env: "JOB_COMPLETION_INDEX=-1", err: "want a number from 0"},
		{name: "Kubernetes, too big for a number", flag: "auto", env: "JOB_COMPLETION_INDEX=99999999999999999999", err: "want a number from 0"},
		{name: "AWS Batch, the first", flag: "auto", env: "AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=3", shards: 3, want: "1/3"},
		{name: "AWS Batch, the last", flag: "auto", env: "AWS_BATCH_JOB_ARRAY_INDEX=2 AWS_BATCH_JOB_ARRAY_SIZE=3", shards: 3, want: "3/3"},
		{name: "AWS Batch, another size", flag: "auto", env: "AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=5", shards: 3, err: "not 5 (AWS_BATCH_JOB_ARRAY_INDEX=0 of AWS_BATCH_JOB_ARRAY_SIZE=5)"},
		{name: "AWS Batch, no size", flag: "auto", env: "AWS_BATCH_JOB_ARRAY_INDEX=0", err: `AWS_BATCH_JOB_ARRAY_SIZE=""`},

		{name: "nobody says", flag: "auto", shards: 1, err: "--shard auto: none of "},
		{name: "two agree", flag: "auto", env: "JOB_COMPLETION_INDEX=1 STAGEGATE_SHARD=2/3", shards: 3, want: "2/3"},
		{name: "two agree, and the run does not", flag: "auto", env: "JOB_COMPLETION_INDEX=1 STAGEGATE_SHARD=2/4", shards: 3, err: "not 4 (STAGEGATE_SHARD=2/4 and JOB_COMPLETION_INDEX=1)"},
		{name: "two disagree", flag: "auto", env: "JOB_COMPLETION_INDEX=2 CI_NODE_INDEX=2 CI_NODE_TOTAL=3", err: "CI_NODE_INDEX=2 of CI_NODE_TOTAL=3 is shard 2/3, JOB_COMPLETION_INDEX=2 is shard 3\nhint: "},
		{name: "two disagree on the total", flag: "auto", env: "AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=4 STAGEGATE_SHARD=2/3", err: "is shard 2/4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{}
			for _, kv := range strings.Fields(tt.env) {
				k, v, _ := strings.Cut(kv, "=")
				env[k] = v
			}
			s, err := parseShard(tt.flag, func(k string) string { return env[k] })
			if err == nil {
				err = s.of("staging/1/1", tt.shards)
			}
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v and error %v, want an error with %q", s, err, tt.err)
				}
			case err != nil:
				t.Errorf("got error %v", err)
			case (shard{i: s.i, n: tt.shards}).String() != tt.want:
				t.Errorf("got %v, want %s", s, tt.want)
			}
		})
	}
}

func FuzzShard(f *testing.F) {
	f.Add("auto", "2/3", "1", "3", "0")
	f.Add("1/2", "", "", "", "")
	f.Fuzz(func(t *testing.T, flag, own, index, total, pod string) {
		env := map[string]string{shardVariable: own, "CI_NODE_INDEX": index, "CI_NODE_TOTAL": total, "JOB_COMPLETION_INDEX": pod}
		s, err := parseShard(flag, func(k string) string { return env[k] })
		if err == nil && (s.i < 1 || s.n != 0 && s.i > s.n) {
			t.Errorf("got shard %d of %d", s.i, s.n)
		}
	})
}
