package awssteps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// maxObject bounds what is read of an object, in bytes.
const maxObject = 8 << 20

func (c *Client) putObject(ctx context.Context, key, bucket, text string) error {
	if err := c.names(&key, &bucket, &text); err != nil {
		return err
	}
	there := false
	c.made("object "+key+" in bucket "+bucket, func(ctx context.Context) error {
		if there { // before us: it is somebody else's
			return nil
		}
		_, err := c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
		return err
	})
	_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(text), IfNoneMatch: aws.String("*")})
	there = exists(err)
	return err
}

func (c *Client) object(ctx context.Context, key, bucket string) (string, error) {
	out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return "", fmt.Errorf("object %s in bucket %s: %w", key, bucket, err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(io.LimitReader(out.Body, maxObject))
	return string(b), err
}

func (c *Client) objectContains(ctx context.Context, limit, key, bucket, want string) error {
	if err := c.names(&key, &bucket, &want); err != nil {
		return err
	}
	return ready.Within(ctx, limit, func() error {
		got, err := c.object(ctx, key, bucket)
		if err == nil && !strings.Contains(got, want) {
			err = fmt.Errorf("object %s in bucket %s: %q is not in it: %.500s", key, bucket, want, got)
		}
		return err
	})
}

func (c *Client) noObject(ctx context.Context, key, bucket string) error {
	if err := c.names(&key, &bucket); err != nil {
		return err
	}
	_, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	var absent *s3types.NotFound
	switch {
	case errors.As(err, &absent):
		return nil
	case err == nil:
		return fmt.Errorf("there is an object %s in bucket %s", key, bucket)
	}
	return err
}

func (c *Client) setParameter(ctx context.Context, name, value string) error {
	if err := c.names(&name, &value); err != nil {
		return err
	}
	there := false
	c.made("parameter "+name, func(ctx context.Context) error {
		if there {
			return nil
		}
		_, err := c.ssm.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &name})
		return err
	})
	_, err := c.ssm.PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: &value, Type: ssmtypes.ParameterTypeString})
	there = exists(err)
	return err
}

func (c *Client) parameterIs(ctx context.Context, name, want string) error {
	if err := c.names(&name, &want); err != nil {
		return err
	}
	out, err := c.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if err != nil {
		return fmt.Errorf("parameter %s: %w", name, err)
	}
	if got := aws.ToString(out.Parameter.Value); got != want {
		return fmt.Errorf("parameter %s: got %q, want %q", name, got, want)
	}
	return nil
}

// logged wants a text in a log group, since the scenario began.
func (c *Client) logged(ctx context.Context, limit, group, want string) error {
	if err := c.names(&group, &want); err != nil {
		return err
	}
	return ready.Within(ctx, limit, func() error {
		n := 0
		pages := logs.NewFilterLogEventsPaginator(c.logs, &logs.FilterLogEventsInput{LogGroupName: &group, StartTime: aws.Int64(c.begun.UnixMilli())})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("log group %s: %w", group, err)
			}
			for _, e := range out.Events {
				if n++; strings.Contains(aws.ToString(e.Message), want) {
					return nil
				}
			}
		}
		return fmt.Errorf("log group %s: %q is in none of %d lines since the scenario began", group, want, n)
	})
}

func (c *Client) alarmIs(ctx context.Context, name, want string) error {
	if err := c.names(&name); err != nil {
		return err
	}
	out, err := c.alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
	switch {
	case err != nil:
		return err
	case len(out.MetricAlarms) == 0:
		return fmt.Errorf("there is no alarm %s", name)
	case string(out.MetricAlarms[0].StateValue) != want:
		return fmt.Errorf("alarm %s: got %s, want %s: %s", name, out.MetricAlarms[0].StateValue, want, aws.ToString(out.MetricAlarms[0].StateReason))
	}
	return nil
}

func (c *Client) alarmStays(ctx context.Context, limit, name, want string) error {
	return ready.Lasts(ctx, limit, func() error { return c.alarmIs(ctx, name, want) })
}

func (c *Client) invoke(ctx context.Context, function, payload string) error {
	if err := c.names(&function); err != nil {
		return err
	}
	payload, err := c.saved.Fill(payload, ready.InJSON)
	if err != nil {
		return err
	}
	out, err := c.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: []byte(payload)})
	if err != nil {
		return err
	}
	if out.FunctionError != nil {
		return fmt.Errorf("function %s ended with %s: %.1000s", function, *out.FunctionError, out.Payload)
	}
	c.last = out.Payload
	return nil
}

func (c *Client) functionAnswers(want string) error {
	if c.last == nil {
		return errors.New("no function was invoked yet")
	}
	w, err := c.saved.JSON(want)
	if err != nil {
		return err
	}
	got, err := ready.Decode(c.last)
	if err != nil {
		b, _ := json.Marshal(string(c.last))
		return fmt.Errorf("the function's answer is not JSON: %s", b)
	}
	if all := ready.Differences(w, got, "", true); len(all) > 0 {
		return fmt.Errorf("%s\nthe function answered %s", strings.Join(all, "\n"), c.last)
	}
	return nil
}
