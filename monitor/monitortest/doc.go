// Package monitortest drives a watcher in simulated time, so that a test can follow a failure from what a check saw to the message that
// was delivered, and an hour of reminders takes no time.
//
// Inside a [testing/synctest] bubble, [Start] runs a [monitor.Watcher] over the checks of a test, with [Blocks] as the chain and a
// [Recorder] as the one who is told. [Bench.Pass] lets time pass, and [Bench.Told] returns what was told meanwhile. What runs inside a
// bubble must not use sockets, for time stands still while one is waited for: [Transport] asks an http.Handler without.
package monitortest
