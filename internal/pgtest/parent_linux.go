package pgtest

import "syscall"

// endWithParent makes the server shut down when the thread that started it ends.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGQUIT }
