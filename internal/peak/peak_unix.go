//go:build unix

package peak

import (
	"os"
	"runtime"
	"syscall"
)

// Of is the most memory that a process had in use, in MB.
func Of(p *os.ProcessState) float64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := 1024.0
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(usage.Maxrss) * unit / 1e6
}
