// Command pact-mock serves the interactions of a pact file as a local server, by
// the official Pact engine: for people, for a front end, for another test.
//
//	go run github.com/stagegate/stagegate/contracts/cmd/pact-mock [flags] FILE.pact.json...
//
// The first line on standard output begins with the server's URL; the
// interactions follow. A request that is none of them is answered as the engine
// answers it (500, X-Pact) and explained on standard error. SIGINT and SIGTERM
// end it. Files of all specification versions are read; of several files the
// provider must be the same.
//
// Exit codes are gate's: 0 ended by a signal, 64 usage, 65 a file that cannot be
// served, 70 everything else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/stagegate/stagegate/contracts/pact"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const (
	exitUsage  = 64
	exitFile   = 65
	exitFailed = 70
)

// options are what the command line says.
type options struct {
	host  string
	port  int
	state string
	match string
	files []string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "pact-mock: %v\n", err)
		return exitUsage
	}
	if err := serve(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "pact-mock: %v\n", err)
		var file *fileError
		if errors.As(err, &file) {
			return exitFile
		}
		return exitFailed
	}
	return 0
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("pact-mock", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.host, "host", "127.0.0.1", "the `address` to listen on; others than loopback let the network in")
	flags.IntVar(&o.port, "port", 0, "the port to listen on; 0 is a free one")
	flags.StringVar(&o.state, "state", "", "serve only interactions with the provider state `NAME`, and those without a state")
	flags.StringVar(&o.match, "match", "", "serve only interactions whose description contains `TEXT`")
	err = flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stderr, "usage: pact-mock [flags] FILE.pact.json...")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w\nhint: pact-mock -help", err)
	}
	o.files = flags.Args()
	if len(o.files) == 0 {
		return o, errors.New("no pact file is named\nhint: pact-mock FILE.pact.json; gate run writes them")
	}
	if o.port < 0 || o.port > 65535 {
		return o, fmt.Errorf("-port %d: want 0 to 65535", o.port)
	}
	for _, f := range o.files {
		if strings.HasPrefix(f, "-") {
			return o, fmt.Errorf("%s comes after a file\nhint: flags come before the files", f)
		}
	}
	return o, nil
}

// serve serves until ctx ends.
func serve(ctx context.Context, o options, stdout, stderr io.Writer) error {
	served, err := load(o, stderr)
	if err != nil {
		return err
	}
	engine, err := pact.Load()
	if err != nil {
		return err
	}
	mock, free, err := start(engine, served)
	if err != nil {
		return err
	}
	defer free()
	return front(ctx, o, mock, served, stdout, stderr)
}

// start gives the interactions to the engine, which serves them on loopback.
func start(engine *pact.Engine, s selection) (*pact.Server, func(), error) {
	p, err := engine.NewPact(s.consumer, s.provider)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range s.all {
		if err := p.Add(i.forEngine); err != nil {
			p.Free()
			return nil, nil, i.wrong("", fmt.Errorf("the engine does not take it: %w", err))
		}
	}
	mock, err := p.Serve()
	if err != nil {
		p.Free()
		return nil, nil, err
	}
	return mock, func() { mock.Close(); p.Free() }, nil
}
