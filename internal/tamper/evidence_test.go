package tamper

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/stagegate/stagegate/harness"
)

// What the right signers could have written instead: of the evidence of a run
// that is decided, but for its rows.

// onPiece is a mutation of one piece of evidence of the decided run.
func onPiece(name string, ok func(*site, *piece) bool, edit func(*trial, *site, *piece) want) mutation {
	return mutation{name: "evidence: " + name, kind: meaningChanged, try: func(t *trial) want {
		s := t.site()
		p, found := one(t, filter(s.decided().pieces, func(p *piece) bool { return ok(s, p) }))
		if !found {
			return none
		}
		t.note("%s on %s", p.key(), s.place)
		return edit(t, s, p)
	}}
}

func anyPiece(*site, *piece) bool { return true }

func ofGo(_ *site, p *piece) bool { return p.e.Source == harness.GoTest }

// finally edits what is signed at key, after all else.
func finally[T any](t *trial, key string, edit func(*T)) {
	t.hand.final = func(at string, v any) {
		if x, ok := v.(*T); ok && at == key {
			edit(x)
		}
	}
}

// text edits the statement that is signed at key.
func (t *trial) text(key string, edit func([]byte) []byte) {
	t.hand.text = func(at string, b []byte) []byte {
		if at != key {
			return b
		}
		after := edit(bytes.Clone(b))
		if bytes.Equal(after, b) {
			panic("nothing was changed in " + string(b))
		}
		return after
	}
}

// red reports whether a row did not pass, which explains an exit code.
func (p *piece) red() bool {
	return slices.ContainsFunc(p.rows, func(row harness.Row) bool { return row.Outcome != harness.Passed && row.Outcome != harness.Skipped })
}

// unexplained reports whether a row did not pass and was not tried again.
func (p *piece) unexplained() bool {
	return slices.ContainsFunc(p.rows, func(row harness.Row) bool {
		return row.Outcome != harness.Passed && row.Outcome != harness.Skipped && p.final(row)
	})
}

func evidenceMutations() []mutation {
	return slices.Concat(witnessMutations(), belongingMutations(), setOfEvidenceMutations())
}

// witnessMutations let what saw the rows contradict them.
func witnessMutations() []mutation {
	counts := func(name string, ok func(*piece) bool, edit func(harness.Counts)) mutation {
		return onPiece("counts "+name, func(_ *site, p *piece) bool { return ok(p) }, func(t *trial, s *site, p *piece) want {
			finally(t, s.base(s.decided().number)+p.key(), func(e *harness.Evidence) { edit(e.Counts) })
			return unclear
		})
	}
	passes := func(p *piece) bool {
		return slices.ContainsFunc(p.rows, func(row harness.Row) bool { return row.Outcome == harness.Passed })
	}
	return []mutation{
		onPiece("exit code that no row explains", func(_ *site, p *piece) bool { return p.e.Exit == 0 && !p.red() }, func(t *trial, _ *site, p *piece) want {
			p.e.Exit = []int{1, 2, -1, 130}[t.IntN(4)]
			return unclear
		}),
		onPiece("exit code 0 beside what did not pass", func(s *site, p *piece) bool { return ofGo(s, p) && p.unexplained() }, func(_ *trial, _ *site, p *piece) want {
			p.e.Exit = 0
			return unclear
		}),
		counts("one more", func(*piece) bool { return true }, func(c harness.Counts) { c[harness.Passed]++ }),
		counts("one less", passes, func(c harness.Counts) { c[harness.Passed]-- }),
		counts("another outcome", passes, func(c harness.Counts) { c[harness.Passed]--; c[harness.Skipped]++ }),
		counts("what failed", func(*piece) bool { return true }, func(c harness.Counts) { c[harness.Failed]++ }),
		counts("nothing", func(p *piece) bool { return len(p.rows) > 0 }, func(c harness.Counts) { clear(c) }),
		counts("sums that cancel out", passes, func(c harness.Counts) { c[harness.Passed]++; c[harness.Pending]-- }),
		onPiece("a doubt", anyPiece, func(_ *trial, _ *site, p *piece) want {
			p.e.Doubts = []string{"the trailer counts 3 rows, 2 were read"}
			return unclear
		}),
		onPiece("another witness", anyPiece, func(t *trial, _ *site, p *piece) want {
			right := p.e.Source
			p.e.Source, _ = one(t, filter([]harness.Witness{harness.GoTest, harness.Command, harness.Recorded, "", "me"}, func(w harness.Witness) bool { return w != right }))
			if right != harness.GoTest { // then its rows are those of plain tests, too
				return never
			}
			return unclear
		}),
		onPiece("ended before it began", anyPiece, func(_ *trial, _ *site, p *piece) want {
			p.e.Started = p.e.Finished.Add(1)
			return unclear
		}),
	}
}

// belongingMutations let evidence be signed for another run, place or subject
// than it is kept with. That is a lie, and blocks.
func belongingMutations() (all []mutation) {
	other := func(d harness.Digest) harness.Digest { return harness.DigestOf([]byte(d)) }
	for name, edit := range map[string]func(*harness.Evidence){
		"run":      func(e *harness.Evidence) { e.Run += "0" },
		"nonce":    func(e *harness.Evidence) { e.Nonce = strings.Repeat("0", 32) },
		"no nonce": func(e *harness.Evidence) { e.Nonce = "" },
		"commit":   func(e *harness.Evidence) { e.Subject.Source.Commit = strings.Repeat("9", 40) },
		"tree":     func(e *harness.Evidence) { e.Subject.Source.Tree = strings.Repeat("9", 40) },
		"artifact": func(e *harness.Evidence) { e.Subject.Artifact = other(e.Subject.Artifact) },
		"target":   func(e *harness.Evidence) { e.Target += "2" },
		"account":  func(e *harness.Evidence) { e.Account = "444444444444" },
		"format":   func(e *harness.Evidence) { e.Format++ },
		"suite":    func(e *harness.Evidence) { e.Suite += "2" },
		"moment":   func(e *harness.Evidence) { e.When = "during" },
		"shard":    func(e *harness.Evidence) { e.Shard++ },
		"no shard": func(e *harness.Evidence) { e.Shard = 0 },
	} {
		all = append(all, onPiece("another "+name, anyPiece, func(t *trial, s *site, p *piece) want {
			finally(t, s.base(s.decided().number)+p.key(), edit)
			return blocks
		}))
	}
	text := func(name string, w want, ok func(*site, *piece) bool, edit func(s *site, b []byte) []byte) mutation {
		return onPiece(name, ok, func(t *trial, s *site, p *piece) want {
			t.text(s.base(s.decided().number)+p.key(), func(b []byte) []byte { return edit(s, b) })
			return w
		})
	}
	return append(all,
		text("another run record", blocks, anyPiece, func(_ *site, b []byte) []byte {
			before, after, _ := bytes.Cut(b, []byte(`"configuration":[{"name":`))
			i := bytes.Index(after, []byte(`"sha256":"`)) + len(`"sha256":"`)
			copy(after[i:], strings.Repeat("a", 64))
			return slices.Concat(before, []byte(`"configuration":[{"name":`), after)
		}),
		text("a statement about another commit", never, anyPiece, func(s *site, b []byte) []byte {
			return bytes.Replace(b, []byte(`"gitCommit":"`+s.subject.Source.Commit), []byte(`"gitCommit":"`+strings.Repeat("9", 40)), 1)
		}),
		text("a statement with another subject, too", never, anyPiece, func(_ *site, b []byte) []byte {
			return bytes.Replace(b, []byte(`"subject":[`), []byte(`"subject":[{"name":"x","digest":{"sha256":"`+strings.Repeat("0", 64)+`"}},`), 1)
		}),
		text("another result than its counts mean", never, anyPiece, func(_ *site, b []byte) []byte {
			was := regexp.MustCompile(`"result":"[A-Z]+"`).Find(b)
			is := `"result":"PASSED"`
			if string(was) == is {
				is = `"result":"FAILED"`
			}
			return bytes.Replace(b, was, []byte(is), 1)
		}),
		text("a member twice", never, anyPiece, func(_ *site, b []byte) []byte { return memberTwice(b, "result") }),
		text("a strange member", never, anyPiece, func(_ *site, b []byte) []byte {
			return bytes.Replace(b, []byte(`"stagegate":{`), []byte(`"stagegate":{"verdict":"allow",`), 1)
		}),
	)
}

// setOfEvidenceMutations take evidence away, or add some.
func setOfEvidenceMutations() []mutation {
	return []mutation{
		onPiece("withdrawn", anyPiece, func(_ *trial, s *site, p *piece) want {
			s.decided().drop(func(o *piece) bool { return o == p })
			return unclear
		}),
		onPiece("not named by the closing", anyPiece, func(_ *trial, s *site, p *piece) want {
			last := &s.decided().closings[len(s.decided().closings)-1]
			last.pieces = slices.DeleteFunc(last.pieces, func(o *piece) bool { return o == p })
			return unclear
		}),
		onPiece("of a suite that nobody planned", anyPiece, func(_ *trial, s *site, p *piece) want {
			more := *p
			more.at.Suite = "strange"
			s.decided().add(&more)
			return s.extra()
		}),
		onPiece("of a shard that nobody planned", func(_ *site, p *piece) bool { return len(p.rows) > 0 }, func(_ *trial, s *site, p *piece) want {
			r := s.decided()
			x, _ := r.suite(p.at)
			more := *p
			more.shard = x.shards + 1
			r.rec.Shards = max(r.rec.Shards, more.shard)
			r.add(&more)
			return s.unless(blocks, "attempts")
		}),
		onPiece("of another moment, too", anyPiece, func(_ *trial, s *site, p *piece) want {
			r := s.decided()
			more := *p
			more.at.When = map[harness.Moment]harness.Moment{harness.Before: harness.After, harness.After: harness.Before}[p.at.When]
			if _, ok := r.suite(more.at); ok {
				return none
			}
			r.add(&more)
			return s.extra()
		}),
	}
}

// add adds evidence that was there when the run was closed.
func (r *run) add(p *piece) {
	r.pieces = append(r.pieces, p)
	last := &r.closings[len(r.closings)-1]
	last.pieces = append(slices.Clone(last.pieces), p)
}

// memberTwice writes the first member of a statement's predicate twice.
func memberTwice(b []byte, name string) []byte {
	i := bytes.Index(b, []byte(`"predicate":{`))
	i += bytes.Index(b[i:], fmt.Appendf(nil, `%q:`, name))
	return slices.Concat(b[:i], fmt.Appendf(nil, `%q:null,`, name), b[i:])
}
