// Package containers starts what a suite needs beside it: a database, an
// emulator, an image of your own. It is for dev and the commit stage; a target has
// its own dependencies.
//
//	func TestFeatures(t *testing.T) {
//		payments := containers.New(t, containers.Image{Build: "../cmd/payments", Port: "8080/tcp", Ready: "/methods"})
//		features.Run(t, func(ctx context.Context, env *features.Env) (*world, error) {
//			at, err := payments.Start(ctx) // once, by the first scenario; never while gate only plans
//			if err != nil {
//				return nil, err
//			}
//			env.Explain(at.Logs()) // what it logs from now on stands beside a failure
//			return &world{payments: paymentshttp.New(at.URL("http"))}, nil
//		}, steps)
//	}
//
// A machine without a container engine fails the suite and says so; it never skips
// it. Everything is removed when the test ends, unless Reuse names it: then it stays,
// and the next package, process or go test finds it running.
//
// It is a module of its own, on testcontainers-go, whose variables work:
// DOCKER_HOST, TESTCONTAINERS_HOST_OVERRIDE (where the engine is reached from inside
// a container), TESTCONTAINERS_RYUK_DISABLED (where the image of its reaper cannot be
// pulled: containers are then left behind by a test process that is killed).
package containers
