//go:build unix

package monitor_test

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
)

// BenchmarkIdle watches 1,000 healthy nodes, each by a check of its own, for two seconds a round, thirty times as often as one would, and
// reports what part of a core that takes at one look in half a minute.
func BenchmarkIdle(b *testing.B) {
	opts := []monitor.Option{monitor.To(monitor.Destination{Name: "chat", Notifier: &monitortest.Recorder{}})}
	for i := range 1000 {
		node := fmt.Sprint("node", i)
		results := []monitor.Result{healthy(key(monitor.NodeUnreachable, node)), healthy(key(monitor.NodeOutOfSync, node)), healthy(key(monitor.NodeFrozen, node))}
		check := monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) { return results, nil })
		opts = append(opts, monitor.Every(node, check, time.Second))
	}
	w, err := monitor.New(sqliteStore(b, filepath.Join(b.TempDir(), "monitor.db")), opts...)
	require.NoError(b, err)
	stop := running(b, w)
	defer stop()
	began, spent := time.Now(), cpuTime(b)
	for b.Loop() {
		time.Sleep(2 * time.Second) // real time: what is measured is what a watcher takes of it
	}
	b.ReportMetric(100*float64(cpuTime(b)-spent)/float64(time.Since(began))/30, "%-of-a-core")
}

// cpuTime is what this process has taken of the machine's processors.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
