//go:build linux && amd64 && !android

package pact

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// quietly runs fn, which calls the engine's verifier, without what the verifier
// prints. It prints on standard output whatever the log level is, bodies of the
// dependency included: these do not belong into a log, and a line of them could
// pass for one of go test's.
//
// Standard output belongs to the process, so it cannot be exchanged for a
// moment. Instead fn gets a thread of its own for which a seccomp filter fails
// writes to descriptor 1 with EBADF; for Rust's println that is a closed
// standard output, which it takes as written. Where the kernel refuses the
// filter, fn runs and prints.
func quietly(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and no unlock: the thread ends with the goroutine
		_ = failWritesToStdout()
		fn()
	}()
	<-done
}

// Offsets in the kernel's struct seccomp_data.
const (
	seccompNumber  = 0
	seccompArch    = 4
	seccompArgZero = 16
)

func failWritesToStdout() error {
	const load, equal, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{
		{Code: load, K: seccompArch},
		{Code: equal, K: unix.AUDIT_ARCH_X86_64, Jf: 6},
		{Code: load, K: seccompNumber},
		{Code: equal, K: unix.SYS_WRITE, Jt: 1},
		{Code: equal, K: unix.SYS_WRITEV, Jf: 3},
		{Code: load, K: seccompArgZero},
		{Code: equal, K: 1, Jf: 1},
		{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EBADF)},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	// Not unix.Prctl: only in the arguments of a raw call does a uintptr hold on to what it points at.
	if _, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return nil
}
