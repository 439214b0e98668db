package monitor_test

import (
	"context"
	"errors"
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
		down, seen := false, true
		b := monitortest.Start(t, monitor.Every("nodes", monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
			first, second := monitor.Result{Key: unreachable, Health: monitor.Healthy}, monitor.Result{Key: lag, Health: monitor.Healthy}
			if down {
				first.Health = monitor.Failing
			}
			if down || !seen {
				second.Health, second.Err, second.Causes = monitor.Unknown, errors.New("cannot look"), []monitor.Key{unreachable}
			}
			return []monitor.Result{first, second}, nil
		}), 30*time.Second))
		b.Pass(time.Hour)
		down = true
		b.Pass(time.Hour)
		assert.Equal(t, []string{"fired critical node.unreachable a"}, b.Lines(), "that nobody can look at the lag goes without saying")
		down, seen = false, false
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved critical node.unreachable a"}, b.Lines())
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"fired warning monitor.blind nodes"}, b.Lines(), "once what explained it is over, it does not")
		seen = true
		b.Pass(10 * time.Minute)
		assert.Equal(t, []string{"resolved warning monitor.blind nodes"}, b.Lines())
	})
}
