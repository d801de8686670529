// Command deploy brings a built service to a target: first the stack of
// infra/template.yaml with the parameters of config/TARGET.json, then the
// program, onto the target's host. A host is a folder on this machine (see
// host.go), so that the example needs nothing but an AWS endpoint.
//
//	deploy [-target NAME] [-commit HASH]   deploy dist/orders
//	deploy -stop [-target NAME]            stop the service of one target, or of all
//
// Target and commit come from the gate, as STAGEGATE_TARGET and
// STAGEGATE_COMMIT; credentials, region and endpoint from the AWS SDK's own
// variables. ORDERS_HOSTS names the folder of the hosts.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Places, from the root of the repository.
const (
	binary   = "dist/orders"
	template = "infra/template.yaml"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Environ(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "deploy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, environ []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("deploy", flag.ContinueOnError)
	target := flags.String("target", getenv("STAGEGATE_TARGET"), "`name` of the target")
	commit := flags.String("commit", getenv("STAGEGATE_COMMIT"), "`hash` that "+binary+" was built from")
	stop := flags.Bool("stop", false, "stop the service")
	if err := flags.Parse(args); err != nil {
		return err
	}
	hosts := getenv("ORDERS_HOSTS")
	if hosts == "" {
		hosts = filepath.Join(os.TempDir(), "orders-hosts")
	}
	if *stop {
		return stopAll(ctx, hosts, *target)
	}
	if !regexp.MustCompile(`^[a-z][a-z0-9-]*$`).MatchString(*target) {
		return fmt.Errorf("target %q: want the name of a file in config, without .json", *target)
	}
	if !regexp.MustCompile(`^[0-9a-f]{7,64}$`).MatchString(*commit) {
		return fmt.Errorf("commit %q: want a git hash", *commit)
	}
	return deploy(ctx, host{dir: filepath.Join(hosts, *target)}, *target, *commit, awsOnly(environ), stdout)
}

// deploy brings the stack up to date, then the program.
func deploy(ctx context.Context, h host, target, commit string, env []string, stdout io.Writer) error {
	settings, err := readSettings(filepath.Join("config", target+".json"))
	if err != nil {
		return err
	}
	body, err := os.ReadFile(template)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("aws: %w", err)
	}
	outputs, err := stack{cloudformation.NewFromConfig(cfg), "orders"}.apply(ctx, string(body), settings.Parameters)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: stack is up to date: table %s, queue %s, payments %s\n", target, outputs["Table"], outputs["Queue"], outputs["Payments"])

	program, err := h.install(binary, commit)
	if err != nil {
		return fmt.Errorf("install %s: %w", binary, err)
	}
	if err := h.stop(ctx); err != nil {
		return fmt.Errorf("stop the previous release: %w", err)
	}
	if err := vacant(settings.Listen); err != nil {
		return fmt.Errorf("%w\nhint: something that this program did not start is in the way", err)
	}
	env = append(env,
		"LISTEN="+settings.Listen,
		"ORDERS_TABLE="+outputs["Table"],
		"ORDERS_QUEUE="+outputs["Queue"],
		"PAYMENTS_URL="+outputs["Payments"])
	if err := h.start(ctx, program, env, serves("http://"+settings.Listen+"/version", commit)); err != nil {
		return fmt.Errorf("start %s: %w", program, err)
	}
	fmt.Fprintf(stdout, "%s: serves %s at http://%s\n", target, commit, settings.Listen)
	return nil
}

// Settings are what differs from target to target.
type Settings struct {
	Listen     string            `json:"listen"`
	Parameters map[string]string `json:"parameters"` // of the stack
}

func readSettings(path string) (Settings, error) {
	f, err := os.Open(path)
	if err != nil {
		return Settings{}, err
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	var s Settings
	if err := dec.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("%s: %w", path, err)
	}
	if s.Listen == "" {
		return Settings{}, fmt.Errorf("%s: listen is empty", path)
	}
	return s, nil
}

// awsOnly keeps the variables of environ that the AWS SDK reads: a service gets
// those of its deploy, and nothing else of its surroundings.
func awsOnly(environ []string) (kept []string) {
	for _, v := range environ {
		if strings.HasPrefix(v, "AWS_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// stopAll stops the service on one host, or, without a target, on every host.
func stopAll(ctx context.Context, hosts, target string) error {
	if target == "" {
		target = "*"
	}
	dirs, err := filepath.Glob(filepath.Join(hosts, target))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if err := (host{dir: dir}).stop(ctx); err != nil {
			return fmt.Errorf("stop %s: %w", filepath.Base(dir), err)
		}
	}
	return nil
}
