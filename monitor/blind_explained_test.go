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

// What happened once is not reported again and again: that the check can look is all that ends its blindness.
func TestBlindnessEndsWithALookAlsoForWhatOnlyHappened(t *testing.T) {
	for name, again := range map[string]bool{"it is not spoken of any more": false, "it is spoken of still": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var happened, unseen atomic.Bool
				b := monitortest.Start(t, monitor.Every("slashes", monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
					switch {
					case unseen.Load():
						return nil, errors.New("cannot look")
					case happened.Load():
						return []monitor.Result{{Key: monitor.Key{Name: monitor.SupplierSlashed, Subject: "a"}, Health: monitor.Failing, Occurrence: "100"}}, nil
					}
					return nil, nil
				}), 30*time.Second))
				b.Pass(time.Hour)
				happened.Store(true)
				b.Pass(10 * time.Minute)
				assert.Equal(t, []string{"fired critical supplier.slashed a"}, b.Lines())
				unseen.Store(true)
				b.Pass(20 * time.Minute)
				assert.Equal(t, []string{"fired warning monitor.blind slashes"}, b.Lines())
				happened.Store(again)
				unseen.Store(false)
				b.Pass(10 * time.Minute)
				assert.Equal(t, []string{"resolved warning monitor.blind slashes"}, b.Lines())
				b.Pass(50 * time.Hour)
				assert.Empty(t, b.Lines(), "and what happened passes in silence")
			})
		})
	}
}

// What a check does not speak of any more leaves no blindness behind.
func TestBlindnessEndsWithALookAlsoForWhatDisappeared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone, unseen atomic.Bool
		b := monitortest.Start(t, monitor.Every("nodes", monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
			switch {
			case unseen.Load():
				return nil, errors.New("cannot look")
			case gone.Load():
				return nil, nil
			}
			return []monitor.Result{{Key: monitor.Key{Name: monitor.NodeUnreachable, Subject: "a"}, Health: monitor.Failing}}, nil
		}), 30*time.Second))
		b.Pass(time.Hour)
		assert.Equal(t, []string{"fired critical node.unreachable a"}, b.Lines())
		unseen.Store(true)
		b.Pass(20 * time.Minute)
		assert.Equal(t, []string{"fired warning monitor.blind nodes"}, b.Lines())
		gone.Store(true)
		unseen.Store(false)
		b.Pass(10 * time.Minute)
		assert.ElementsMatch(t, []string{"withdrawn critical node.unreachable a", "resolved warning monitor.blind nodes"}, b.Lines())
	})
}
