package alarms_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/stagegate/stagegate/adapters/alarms"
	"github.com/stagegate/stagegate/harness"
	"github.com/stagegate/stagegate/internal/mototest"
)

// bell is an account with alarms.
type bell struct {
	t   *testing.T
	cfg aws.Config
	cw  *cloudwatch.Client
}

func newBell(t *testing.T, account string) bell {
	cfg := mototest.Session(mototest.Shared(t), account)
	return bell{t, cfg, cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) })}
}

// put makes an alarm of a service, in a state.
func (b bell) put(name, service string, state types.StateValue) {
	b.t.Helper()
	_, err := b.cw.PutMetricAlarm(b.t.Context(), &cloudwatch.PutMetricAlarmInput{AlarmName: &name, ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
		EvaluationPeriods: aws.Int32(1), MetricName: aws.String("5xx"), Namespace: aws.String("App"), Period: aws.Int32(60), Statistic: types.StatisticSum,
		Threshold: aws.Float64(1), Tags: []types.Tag{{Key: aws.String("service"), Value: &service}}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.set(name, state)
}

func (b bell) set(name string, state types.StateValue) {
	b.t.Helper()
	if _, err := b.cw.SetAlarmState(b.t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: &name, StateValue: state, StateReason: aws.String("the test says so")}); err != nil {
		b.t.Fatal(err)
	}
}

func quiet(string, ...any) {}

func TestWatch(t *testing.T) {
	b := newBell(t, "222222222222")
	b.put("fine", "calm", types.StateValueOk)
	b.put("fine too", "calm", types.StateValueOk)
	b.put("fine here", "loud", types.StateValueOk)
	b.put("5xx: a/b", "loud", types.StateValueAlarm)
	b.put("new", "young", types.StateValueInsufficientData)
	for _, c := range []struct {
		want harness.Alarms
		seen string
		err  string
	}{
		{harness.Alarms{Tagged: "service=calm"}, "fine OK, fine too OK", ""},
		{harness.Alarms{Tagged: "service=loud"}, "5xx: a/b ALARM, fine here OK", ""},
		{harness.Alarms{Tagged: "service=young"}, "new INSUFFICIENT_DATA", ""},
		{harness.Alarms{Tagged: "service=typo"}, "", ""},
		{harness.Alarms{Names: []string{"fine", "new"}}, "fine OK, new INSUFFICIENT_DATA", ""},
		{harness.Alarms{Tagged: "service=calm", Names: []string{"fine", "new"}}, "fine OK, fine too OK, new INSUFFICIENT_DATA", ""},
		{harness.Alarms{Tagged: "service=typo", Names: []string{"fine"}}, "", "find the alarms tagged service=typo: there is none, only those given by names"},
		{harness.Alarms{Names: []string{"fine", "gone"}}, "fine OK", "there is no alarm gone"},
	} {
		got := alarms.Watch(t.Context(), b.cfg, c.want, quiet)
		var seen []string
		for _, a := range got.Alarms {
			seen = append(seen, a.Name+" "+a.State)
			if a.At.IsZero() || a.Reason != "the test says so" {
				t.Errorf("%+v: alarm %+v", c.want, a)
			}
		}
		if s := strings.Join(seen, ", "); s != c.seen || got.Error != c.err || got.Until.Before(got.From) {
			t.Errorf("%+v: got %s, error %q\nwant %s, error %q", c.want, s, got.Error, c.seen, c.err)
		}
	}
}

// What rings for a moment while it is watched has rung.
func TestRangMeanwhile(t *testing.T) {
	b := newBell(t, "333333333333")
	b.put("5xx", "orders", types.StateValueOk)
	var mu sync.Mutex
	var said []string
	looks := make(chan bool, 100)
	front := proxy(t, aws.ToString(b.cfg.BaseEndpoint), func(*http.Request) bool { looks <- true; return true })
	cfg := b.cfg.Copy()
	cfg.BaseEndpoint = &front
	done := make(chan harness.Watch)
	go func() {
		done <- alarms.Watch(t.Context(), cfg, harness.Alarms{Tagged: "service=orders", For: harness.Duration(11 * time.Second)}, func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, fmt.Sprintf(format, args...))
			b.set("5xx", types.StateValueOk) // by the next look it is over
		})
	}()
	<-looks
	<-looks // the first look is over, or nearly
	b.set("5xx", types.StateValueAlarm)
	got := <-done
	if len(got.Alarms) != 1 || got.Alarms[0].State != harness.AlarmRings || got.Error != "" || got.Until.Sub(got.From) < 11*time.Second {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(said, []string{"alarm 5xx is ALARM: the test says so"}) {
		t.Errorf("said %q", said)
	}
}

// An alarm that goes away while it is watched was not at rest to the end.
func TestGoneMeanwhile(t *testing.T) {
	b := newBell(t, "555555555555")
	b.put("latency", "orders", types.StateValueOk)
	b.put("5xx", "orders", types.StateValueOk)
	var requests atomic.Int32
	front := proxy(t, aws.ToString(b.cfg.BaseEndpoint), func(*http.Request) bool {
		if requests.Add(1) == 3 { // the second look begins
			if _, err := b.cw.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"5xx"}}); err != nil {
				t.Error(err)
			}
		}
		return true
	})
	cfg := b.cfg.Copy()
	cfg.BaseEndpoint = &front
	got := alarms.Watch(t.Context(), cfg, harness.Alarms{Tagged: "service=orders", For: harness.Duration(time.Second)}, quiet)
	if got.Error != "alarm 5xx was there, and is gone or has lost its tag" && got.Error != "there is no alarm 5xx" {
		t.Errorf("got %+v", got)
	}
}

// A CloudWatch that does not answer, or a watch that is cut short, is no rest.
func TestCannotLook(t *testing.T) {
	b := newBell(t, "444444444444")
	b.put("5xx", "orders", types.StateValueOk)
	down := b.cfg.Copy()
	down.BaseEndpoint = aws.String(proxy(t, aws.ToString(b.cfg.BaseEndpoint), func(*http.Request) bool { return false }))
	down.RetryMaxAttempts = 1
	if got := alarms.Watch(t.Context(), down, harness.Alarms{Tagged: "service=orders"}, quiet); !strings.Contains(got.Error, "find the alarms tagged service=orders") || len(got.Alarms) != 0 {
		t.Errorf("down: got %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := alarms.Watch(ctx, b.cfg, harness.Alarms{Tagged: "service=orders", For: harness.Duration(time.Hour)}, quiet); got.Error == "" {
		t.Errorf("stopped: got %+v", got)
	}
}

// A composite alarm counts as any other. moto answers with an error where one is
// asked for, so this answer is written by hand, in the shape of CloudWatch's API
// reference: DescribeAlarms gives composite alarms only where AlarmTypes names them.
func TestComposite(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(asked), `"CompositeAlarm"`) || !strings.Contains(string(asked), `"MetricAlarm"`) {
			t.Errorf("asked %s, %v", asked, err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		io.WriteString(w, `{"MetricAlarms": [{"AlarmName": "5xx", "StateValue": "OK"}],
			"CompositeAlarms": [{"AlarmName": "orders", "AlarmRule": "ALARM(5xx) OR ALARM(latency)", "StateValue": "ALARM", "StateReason": "latency"}]}`)
	}))
	defer s.Close()
	cfg := mototest.Base(s.URL)
	got := alarms.Watch(t.Context(), cfg, harness.Alarms{Names: []string{"5xx", "orders"}}, quiet)
	if got.Error != "" || len(got.Alarms) != 2 || got.Alarms[1].Name != "orders" || got.Alarms[1].State != harness.AlarmRings || got.Alarms[1].Reason != "latency" {
		t.Errorf("got %+v", got)
	}
}

// proxy stands before moto and passes on what pass says; else it answers 503.
func proxy(t *testing.T, endpoint string, pass func(*http.Request) bool) string {
	at, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/sts/") || pass(r) {
			httputil.NewSingleHostReverseProxy(at).ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func ExampleWatch() {
	seen := alarms.Watch(context.Background(), aws.Config{Region: "eu-west-1"}, harness.Alarms{Names: []string{"5xx"}}, func(string, ...any) {})
	fmt.Println(seen.Error != "") // there are no credentials
	// Output: true
}
