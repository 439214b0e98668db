//go:build unix && !linux

package pgtest

import "syscall"

// endWithParent has no counterpart here: a test that panics leaves its server running.
func endWithParent(*syscall.SysProcAttr) {}
