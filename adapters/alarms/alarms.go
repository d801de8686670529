package alarms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/stagegate/stagegate/harness"
)

const (
	pause  = 10 * time.Second // between two looks
	answer = 30 * time.Second // how long one look may take
	blind  = time.Minute      // between two looks that succeed: what CloudWatch's own periods are
	page   = 100              // names in one call of DescribeAlarms
	most   = 1000             // alarms that are watched
)

// Watch looks at the alarms until want.For is over, and once where it is 0. An
// alarm that rings once is noted as ringing, and the watch goes on. A look that
// fails is repeated; where the looks failed for longer than blind, or the last one
// did, the watch has an error: an alarm may have rung meanwhile. say tells people
// when something changes.
func Watch(ctx context.Context, cfg aws.Config, want harness.Alarms, say func(string, ...any)) harness.Watch {
	w := watcher{want: want, say: say, seen: map[string]harness.Alarm{}, tags: tagging.NewFromConfig(cfg),
		alarms: cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			if aws.ToString(cfg.BaseEndpoint) != "" { // emulators do not speak the client's CBOR
				o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
			}
		})}
	from := time.Now().UTC()
	end := from.Add(time.Duration(want.For))
	gap := sight{last: from}
	for {
		err := w.look(ctx)
		now := time.Now().UTC()
		gap.looked(now, err)
		if rest := end.Sub(now); rest > 0 && ctx.Err() == nil {
			wait(ctx, min(pause, rest))
			continue
		}
		all := harness.Watch{From: from, Until: now, Alarms: slices.SortedFunc(maps.Values(w.seen), func(a, b harness.Alarm) int { return strings.Compare(a.Name, b.Name) })}
		if err == nil {
			err = gap.err
		}
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			all.Error = err.Error()
		}
		return all
	}
}

// A sight remembers the last look that succeeded, and whether it was ever too long
// ago.
type sight struct {
	last   time.Time
	failed error // of the looks since
	err    error
}

func (s *sight) looked(now time.Time, err error) {
	if err != nil {
		s.failed = err
		return
	}
	if dark := now.Sub(s.last); s.failed != nil && dark > blind && s.err == nil {
		s.err = fmt.Errorf("not seen for %s until %s: %w", dark.Round(time.Second), now.Format(time.RFC3339), s.failed)
	}
	s.last, s.failed = now, nil
}

type watcher struct {
	want   harness.Alarms
	say    func(string, ...any)
	tags   *tagging.Client
	alarms *cloudwatch.Client
	seen   map[string]harness.Alarm
}

// look reads the state of all alarms once.
func (w *watcher) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	names, err := w.names(ctx)
	if err != nil {
		return fmt.Errorf("find the alarms tagged %s: %w", w.want.Tagged, err)
	}
	if len(names) > most {
		return fmt.Errorf("%d alarms, at most %d are watched: choose fewer", len(names), most)
	}
	found := map[string]bool{}
	for some := range slices.Chunk(names, page) {
		out, err := w.alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: some, MaxRecords: aws.Int32(page),
			AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}})
		if err != nil {
			return fmt.Errorf("read the alarms: %w", err)
		}
		for _, a := range out.MetricAlarms {
			found[*a.AlarmName] = true
			w.note(*a.AlarmName, a.StateValue, aws.ToString(a.StateReason))
		}
		for _, a := range out.CompositeAlarms {
			found[*a.AlarmName] = true
			w.note(*a.AlarmName, a.StateValue, aws.ToString(a.StateReason))
		}
	}
	for _, n := range names {
		if !found[n] {
			return fmt.Errorf("there is no alarm %s", n)
		}
	}
	for n := range w.seen {
		if !found[n] {
			return fmt.Errorf("alarm %s was there, and is gone or has lost its tag", n)
		}
	}
	return nil
}

// note keeps what was seen; what rang once has rung.
func (w *watcher) note(name string, state types.StateValue, reason string) {
	before, known := w.seen[name]
	if before.State == harness.AlarmRings {
		return
	}
	if string(state) != before.State && (known || state != types.StateValueOk) {
		w.say("alarm %s is %s: %s", name, state, reason)
	}
	w.seen[name] = harness.Alarm{Name: name, State: string(state), Reason: reason, At: time.Now().UTC()}
}

// names are the alarms that are asked for, those of the tag and the others.
func (w *watcher) names(ctx context.Context) ([]string, error) {
	names := slices.Clone(w.want.Names)
	if w.want.Tagged != "" {
		key, value, _ := strings.Cut(w.want.Tagged, "=")
		pages := tagging.NewGetResourcesPaginator(w.tags, &tagging.GetResourcesInput{ResourceTypeFilters: []string{"cloudwatch:alarm"},
			TagFilters: []tagtypes.TagFilter{{Key: &key, Values: []string{value}}}})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, r := range out.ResourceTagMappingList {
				_, name, ok := strings.Cut(aws.ToString(r.ResourceARN), ":alarm:")
				if !ok {
					return nil, errors.New("no alarm: " + aws.ToString(r.ResourceARN))
				}
				names = append(names, name)
			}
		}
		if n := len(w.want.Names); n > 0 && len(names) == n {
			return nil, errors.New("there is none, only those given by names")
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
