//go:build !unix

package pgtest

import "syscall"

// asOtherUser has nothing to do where there is no root.
func asOtherUser(string) (*syscall.SysProcAttr, error) { return nil, nil }
