package harness

import (
	"fmt"
	"time"
)

// A Duration is a [time.Duration] that is written in JSON and YAML as Go
// writes it: "1.5s", "4m0s". A unit is required.
type Duration time.Duration

// String is d as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. A negative duration is an error.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err == nil && v < 0 {
		err = fmt.Errorf("time: duration %q is negative", b)
	}
	*d = Duration(v)
	return err
}
