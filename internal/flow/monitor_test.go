package flow_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stagegate/stagegate/harness"
)

// monitored is a house whose acceptance stage watches alarms and asks a check.
func monitored(t *testing.T) *house {
	h := newHouse(t)
	text := strings.Replace(gateYAML, "acceptance: {target: staging,", `acceptance: {alarms: {names: [5xx]}, checks: {errors: {run: ask}}, target: staging,`, 1)
	text = strings.Replace(text, `staging: {account: "222222222222",`, `staging: {account: "222222222222", role: "arn:aws:iam::222222222222:role/d", tests: {role: "arn:aws:iam::222222222222:role/t"},`, 1)
	must(t, write(filepath.Join(h.dir, "gate.yaml"), text, 0o666))
	h.commit()
	h.load()
	h.allowed("commit")
	return h
}

// rest is a watch that saw nothing.
func (h *house) rest(_ context.Context, t harness.Target, want harness.Alarms) (harness.Watch, error) {
	if t.Role != "arn:aws:iam::222222222222:role/t" {
		h.Errorf("alarms are looked at with role %q, want that of tests", t.Role)
	}
	now := h.world.clock()
	return harness.Watch{From: now, Until: now, Alarms: []harness.Alarm{{Name: want.Names[0], State: "OK", At: now}}}, nil
}

// passed wants an allowing verdict.
func (h *house) passed(v harness.Verdict) {
	h.Helper()
	if !v.Allowed() {
		h.Errorf("got %s: %+v", v.Verdict, v.Failing())
	}
}

func TestMonitored(t *testing.T) {
	h := monitored(t)
	h.Gate.Alarms = h.rest
	h.passed(h.run("acceptance"))
	h.world.exits["ask"] = 4
	h.want(h.run("acceptance"), harness.Block, "checks", "errors: exit code 4")
	h.world.exits["ask"] = 0
	h.Gate.Alarms = func(ctx context.Context, t harness.Target, want harness.Alarms) (harness.Watch, error) {
		w, err := h.rest(ctx, t, want)
		w.Alarms[0].State = "ALARM"
		return w, err
	}
	h.want(h.run("acceptance"), harness.Block, "alarms", "5xx rang")
	h.Gate.Alarms = h.rest
	h.passed(h.run("acceptance"))
}

// While the alarms are watched gate is told to stop, or loses its session:
// nothing is closed, and the run can be decided later.
func TestMonitoringStops(t *testing.T) {
	h := monitored(t)
	ctx, cancel := context.WithCancel(t.Context())
	rec, _, err := h.Gate.Begin(ctx, "acceptance", 1)
	must(t, err)
	must(t, h.Test(ctx, rec.ID, 1))
	lost := errors.New("the session is over")
	h.Gate.Alarms = func(context.Context, harness.Target, harness.Alarms) (harness.Watch, error) {
		return harness.Watch{}, lost
	}
	if v, err := h.Decide(ctx, rec.ID); !errors.Is(err, lost) || v.Allowed() {
		t.Errorf("got %s, %v, want that the session is over", v.Verdict, err)
	}
	h.Gate.Alarms = func(ctx context.Context, t harness.Target, want harness.Alarms) (harness.Watch, error) {
		cancel()
		return h.rest(ctx, t, want)
	}
	if v, err := h.Decide(ctx, rec.ID); !errors.Is(err, context.Canceled) || v.Allowed() {
		t.Errorf("got %s, %v, want that it was stopped", v.Verdict, err)
	}
	h.Gate.Alarms = h.rest
	h.passed(h.decide(rec.ID))
}

// A run whose deploy failed is decided without looking at anything: the alarms
// would be about what was there before.
func TestNothingToMonitor(t *testing.T) {
	h := monitored(t)
	h.world.exits["deploy"] = 1
	h.Gate.Alarms = func(context.Context, harness.Target, harness.Alarms) (harness.Watch, error) {
		t.Error("the alarms were looked at")
		return harness.Watch{}, nil
	}
	h.want(h.run("acceptance"), harness.Block, "steps", "exit code 1")
}

// A check is tried until it ends well, and one that hangs is ended.
func TestCheckWithin(t *testing.T) {
	h := monitored(t)
	h.Gate.Alarms = h.rest
	text := strings.Replace(string(h.Gate.File.Text), "run: ask", "run: ask, within: 4s", 1)
	must(t, write(filepath.Join(h.dir, "gate.yaml"), text, 0o666))
	h.commit()
	h.load()
	h.Gate.Alarms = h.rest
	h.allowed("commit")
	shell, tries := h.Gate.Shell, 0
	h.Gate.Shell = func(ctx context.Context, name, command string, env []string) harness.StepTime {
		if command != "ask" {
			return shell(ctx, name, command, env)
		}
		if tries++; tries < 3 {
			return harness.StepTime{Name: name, Exit: 1, Error: "not yet"}
		}
		return harness.StepTime{Name: name}
	}
	h.passed(h.run("acceptance"))
	if tries != 3 {
		t.Errorf("%d tries, want 3", tries)
	}
	h.Gate.Shell = func(ctx context.Context, name, command string, env []string) harness.StepTime {
		if command != "ask" {
			return shell(ctx, name, command, env)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
			t.Error("nobody ended it")
		}
		return harness.StepTime{Name: name, Exit: 130, Interrupted: true}
	}
	h.want(h.run("acceptance"), harness.Unclear, "checks", "errors: did not end within 4s")
}
