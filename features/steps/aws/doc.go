// Package awssteps has ready-made steps for AWS: SQS, SNS, EventBridge, S3,
// DynamoDB, SSM, CloudWatch and Lambda.
//
//	func open(ctx context.Context, env *features.Env) (*world, error) {
//		cfg, err := config.LoadDefaultConfig(ctx) // the session that gate hands over
//		if err != nil {
//			return nil, err
//		}
//		if cfg, err = awsenv.Guard(ctx, cfg, env.Target, env.Record); err != nil {
//			return nil, err
//		}
//		return &world{awssteps.New(env, cfg)}, nil
//	}
//
//	func steps(s *features.Steps[*world]) {
//		awssteps.Define(s, func(w *world) *awssteps.Client { return w.aws })
//	}
//
// and then
//
//	Given the queue "heard-{id}" hears the topic "orders"
//	When I publish to the topic "orders"
//	  """
//	  {"order": "{id}"}
//	  """
//	Then within 30s the queue "heard-{id}" has a message with
//	  """
//	  {"Message": "{text}"}
//	  """
//
// They need a deployed target: in process there is no AWS, and the fake of the
// user's port is asked. What a step creates is noted ([features.Env.Created]) and
// removed when the scenario is over, whatever became of it. docs/steps.md has every
// step with an example.
package awssteps
