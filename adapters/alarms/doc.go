// Package alarms watches the alarms of CloudWatch after a deploy.
//
//	seen := alarms.Watch(ctx, cfg, harness.Alarms{Tagged: "service=orders", For: ...}, say)
//
// It only looks and writes down: what an alarm means is for package harness to
// decide. Alarms are found by tag with the Resource Groups Tagging API (one call
// for all, tag:GetResources) and read with cloudwatch:DescribeAlarms, metric and
// composite ones.
package alarms
