package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// stackTime is how long a stack may take.
const stackTime = 5 * time.Minute

// A stack is a CloudFormation stack, there already or not.
type stack struct {
	client *cloudformation.Client
	name   string
}

// apply creates or updates the stack, waits for it, and returns its outputs.
func (s stack) apply(ctx context.Context, body string, parameters map[string]string) (map[string]string, error) {
	exists, err := s.exists(ctx)
	if err != nil {
		return nil, err
	}
	if exists {
		err = s.update(ctx, body, list(parameters))
	} else {
		err = s.create(ctx, body, list(parameters))
	}
	if err != nil {
		return nil, err
	}
	return s.outputs(ctx)
}

func (s stack) create(ctx context.Context, body string, parameters []types.Parameter) error {
	_, err := s.client.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: &s.name, TemplateBody: &body, Parameters: parameters})
	if err != nil {
		return fmt.Errorf("create stack %s: %w", s.name, err)
	}
	wait := cloudformation.NewStackCreateCompleteWaiter(s.client, func(o *cloudformation.StackCreateCompleteWaiterOptions) { o.MinDelay = time.Second })
	if err := wait.Wait(ctx, &cloudformation.DescribeStacksInput{StackName: &s.name}, stackTime); err != nil {
		return fmt.Errorf("stack %s was not created: %w", s.name, err)
	}
	return nil
}

func (s stack) update(ctx context.Context, body string, parameters []types.Parameter) error {
	_, err := s.client.UpdateStack(ctx, &cloudformation.UpdateStackInput{StackName: &s.name, TemplateBody: &body, Parameters: parameters})
	if saying(err, "No updates are to be performed") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("update stack %s: %w", s.name, err)
	}
	wait := cloudformation.NewStackUpdateCompleteWaiter(s.client, func(o *cloudformation.StackUpdateCompleteWaiterOptions) { o.MinDelay = time.Second })
	if err := wait.Wait(ctx, &cloudformation.DescribeStacksInput{StackName: &s.name}, stackTime); err != nil {
		return fmt.Errorf("stack %s was not updated: %w", s.name, err)
	}
	return nil
}

func (s stack) exists(ctx context.Context) (bool, error) {
	_, err := s.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.name})
	if saying(err, "does not exist") {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for stack %s: %w", s.name, err)
	}
	return true, nil
}

func (s stack) outputs(ctx context.Context) (map[string]string, error) {
	out, err := s.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.name})
	if err != nil {
		return nil, fmt.Errorf("read stack %s: %w", s.name, err)
	}
	values := map[string]string{}
	for _, st := range out.Stacks {
		for _, o := range st.Outputs {
			values[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	for _, k := range []string{"Table", "Queue", "Payments"} {
		if values[k] == "" {
			return nil, fmt.Errorf("stack %s has no output %s", s.name, k)
		}
	}
	return values, nil
}

// saying reports whether err is a validation error with that text:
// CloudFormation has no code of its own for these.
func saying(err error, text string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), text)
}

func list(parameters map[string]string) (all []types.Parameter) {
	for k, v := range parameters {
		all = append(all, types.Parameter{ParameterKey: aws.String(k), ParameterValue: aws.String(v)})
	}
	slices.SortFunc(all, func(a, b types.Parameter) int { return strings.Compare(*a.ParameterKey, *b.ParameterKey) })
	return all
}
