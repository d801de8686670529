// Package httpsteps has ready-made steps for HTTP and JSON.
//
//	type world struct{ web *httpsteps.Client }
//
//	func open(_ context.Context, env *features.Env) (*world, error) {
//		if env.Target.InProcess() {
//			return &world{httpsteps.Serve(env, orders.Handler())}, nil
//		}
//		return &world{httpsteps.New(env)}, nil
//	}
//
//	func steps(s *features.Steps[*world]) {
//		httpsteps.Define(s, func(w *world) *httpsteps.Client { return w.web })
//	}
//
// and then
//
//	When I POST "/orders" with
//	  """
//	  {"customer": "{id}", "sku": "mug"}
//	  """
//	Then the status is 201
//	And I save the JSON at "id" as "order"
//	And within 30s the JSON at "status" of "/orders/{order}" is "paid"
//
// {id} is another one for each scenario, {order} what was saved. docs/steps.md has
// every step with an example. They go through [features.Env.HTTP]: only the target
// and its dependencies are reached, and a live target is only read.
//
// Use them where HTTP is what a scenario is about. A scenario about orders says
// "I order a mug", and its own steps know how.
package httpsteps
