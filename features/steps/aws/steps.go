package awssteps

import (
	"github.com/stagegate/stagegate/features"
	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// Define defines the steps of this package for worlds of type W; of finds the
// scenario's client in its world.
func Define[W any](s *features.Steps[W], of func(W) *Client) { ready.Define(s, of, steps()) }

// steps is the table from which the definitions and docs/steps.md are made.
func steps() []ready.Step {
	doc := func(step, text string) string { return step + "\n  \"\"\"\n  " + text + "\n  \"\"\"" }
	return []ready.Step{
		{Expr: `^I send to the queue "([^"]*)"$`, Fn: (*Client).sendMessage, Mutates: true,
			Doc: "SQS: sends a message.", Example: doc(`When I send to the queue "orders"`, `{"order": "{id}"}`)},
		{Expr: `^within (\S+) the queue "([^"]*)" has a message with$`, Fn: (*Client).HasMessage, Mutates: true,
			Doc: "SQS: waits for a message whose JSON has that, with whatever else, and takes it off. Others are back on the queue at once.", Example: doc(`Then within 30s the queue "heard-{id}" has a message with`, `{"order": "{id}", "total": "{number}"}`)},
		{Expr: `^within (\S+) the queue "([^"]*)" holds (\d+)$`, Fn: (*Client).holds,
			Doc: "SQS: waits until about that many messages are on a queue, and takes none.", Example: `Then within 1m the queue "orders-dead" holds 0`},
		{Expr: `^I publish to the topic "([^"]*)"$`, Fn: (*Client).publish, Mutates: true,
			Doc: "SNS: publishes a message on a topic of the target's account.", Example: doc(`When I publish to the topic "orders"`, `{"order": "{id}"}`)},
		{Expr: `^the queue "([^"]*)" hears the topic "([^"]*)"$`, Fn: (*Client).hearTopic, Mutates: true,
			Doc: "SNS: makes a queue for this scenario, subscribed to a topic; its name has {id} in it. What arrives is the envelope of SNS, with what was published as a text under Message.", Example: `Given the queue "heard-{id}" hears the topic "orders"`},
		{Expr: `^I put the event "([^"]*)" of "([^"]*)" on the bus "([^"]*)"$`, Fn: (*Client).putEvent, Mutates: true,
			Doc: "EventBridge: puts an event, with its detail type, source and detail.", Example: doc(`When I put the event "OrderPlaced" of "shop" on the bus "default"`, `{"order": "{id}"}`)},
		{Expr: `^the queue "([^"]*)" hears the bus "([^"]*)" for$`, Fn: (*Client).hearBus, Mutates: true,
			Doc: "EventBridge: makes a queue for this scenario, and a rule that sends it the events of a pattern.", Example: doc(`Given the queue "heard-{id}" hears the bus "default" for`, `{"source": ["shop"], "detail": {"order": ["{id}"]}}`)},
		{Expr: `^I put the object "([^"]*)" into the bucket "([^"]*)" with$`, Fn: (*Client).putObject, Mutates: true,
			Doc: "S3: writes a new object; one that is there already is an error.", Example: doc(`Given I put the object "in/{id}.csv" into the bucket "imports" with`, `mug,2`)},
		{Expr: `^within (\S+) the object "([^"]*)" in the bucket "([^"]*)" contains "([^"]*)"$`, Fn: (*Client).objectContains,
			Doc: "S3: waits for an object with that text in it.", Example: `Then within 30s the object "out/{id}.json" in the bucket "exports" contains "mug"`},
		{Expr: `^there is no object "([^"]*)" in the bucket "([^"]*)"$`, Fn: (*Client).noObject,
			Doc: "S3: an object is not there.", Example: `Then there is no object "in/{id}.csv" in the bucket "imports"`},
		{Expr: `^I put into the table "([^"]*)"$`, Fn: (*Client).putItem, Mutates: true,
			Doc: "DynamoDB: puts a new item; one that is there already is an error.", Example: doc(`Given I put into the table "orders"`, `{"id": "{id}", "status": "paid"}`)},
		{Expr: `^within (\S+) the item (\{.+\}) of the table "([^"]*)" has$`, Fn: (*Client).itemHas,
			Doc: "DynamoDB: waits until the item with that key has what is said, with whatever else.", Example: doc(`Then within 30s the item {"id": "{id}"} of the table "orders" has`, `{"status": "paid"}`)},
		{Expr: `^there is no item (\{.+\}) in the table "([^"]*)"$`, Fn: (*Client).noItem,
			Doc: "DynamoDB: no item has that key.", Example: `Then there is no item {"id": "{id}"} in the table "orders"`},
		{Expr: `^I set the parameter "([^"]*)" to "([^"]*)"$`, Fn: (*Client).setParameter, Mutates: true,
			Doc: "SSM: makes a parameter; one that is there already is an error.", Example: `Given I set the parameter "/orders/{id}" to "on"`},
		{Expr: `^the parameter "([^"]*)" is "([^"]*)"$`, Fn: (*Client).parameterIs,
			Doc: "SSM: a parameter has that value.", Example: `Then the parameter "/orders/mode" is "normal"`},
		{Expr: `^within (\S+) the log group "([^"]*)" says "([^"]*)"$`, Fn: (*Client).logged,
			Doc: "CloudWatch Logs: waits for a line with that text, since the scenario began.", Example: `Then within 1m the log group "/aws/lambda/orders" says "{id}"`},
		{Expr: `^the alarm "([^"]*)" is (OK|ALARM|INSUFFICIENT_DATA)$`, Fn: (*Client).alarmIs,
			Doc: "CloudWatch: an alarm is in that state.", Example: `Then the alarm "orders-5xx" is OK`},
		{Expr: `^for (\S+) the alarm "([^"]*)" is (OK|ALARM|INSUFFICIENT_DATA)$`, Fn: (*Client).alarmStays,
			Doc: "CloudWatch: an alarm stays in that state.", Example: `Then for 30s the alarm "orders-5xx" is OK`},
		{Expr: `^I invoke the function "([^"]*)" with$`, Fn: (*Client).invoke, Mutates: true,
			Doc: "Lambda: invokes a function and waits for its answer.", Example: doc(`When I invoke the function "orders-import" with`, `{"file": "in/{id}.csv"}`)},
		{Expr: `^the function's answer has$`, Fn: (*Client).functionAnswers,
			Doc: "Lambda: the answer's JSON has that, with whatever else.", Example: doc(`Then the function's answer has`, `{"imported": "{number}"}`)},
	}
}
