package harness

import "fmt"

// lost says that runs which were allowed here do not count any more: their key
// was revoked or taken out of the trust file, or somebody has damaged them. Then
// nobody can tell all that is asked for less than in them. Where that needs an
// approval, this does.
func (j *judgement) lost() {
	if len(j.Lost) == 0 {
		return
	}
	const what = "runs that were allowed here do not count any more: nobody can tell what is asked for less than in them"
	if j.Trust == nil || !j.Trust.Places[PlaceOf(j.Target)].Guarded {
		j.rule("loosened", Pass, what, j.Lost...)
		j.warn("loosened: %s", what)
		return
	}
	j.rule("loosened", Fail, what+", and nobody has approved that", j.Lost...).
		Hint = fmt.Sprintf("look at what has changed, then gate approve %s --rule loosened --reason ...", j.Stage.Name)
}
