package monitor_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
)

func TestBlindnessThatIsExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unreachable := monitor.Key{Name: monitor.NodeUnreachable, Subject: "a"}
		lag := monitor.Key{Name: monitor.NodeOutOfSync, Subject: "a"}
		var down, unseen atomic.Bool
		b := monitortest.Start(t, monitor.Every("nodes", monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
			first, second := monitor.Result{Key: unreachable, Health: monitor.Healthy}, monitor.Result{Key: lag, Health: monitor.Healthy}
			if down.Load() {
				first.Health = monitor.Failing
			}
			if down.Load() || unseen.Load() {
				second.Health, second.Err, second.Causes = monitor.Unknown, errors.New("cannot look"), []monitor.Key{unreachable}
			}
			return []monitor.Result{first, second}, nil
		}), 30*time.Second))
		b.Pass(time.Hour)
		down.Store(true)
		b.Pass(time.Hour)
		assert.Equal(t, []string{"fired critical node.unreachable a"}, b.Lines(), "that nobody can look at the lag goes without saying")
		down.Store(false)
		unseen.Store(true)
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved critical node.unreachable a"}, b.Lines())
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"fired warning monitor.blind nodes"}, b.Lines(), "once what explained it is over, it does not")
		unseen.Store(false)
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved warning monitor.blind nodes"}, b.Lines())
	})
}
