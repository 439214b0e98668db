package monitortest_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
)

func TestAFailureIsFollowedFromTheCheckToTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		node := monitor.Key{Name: monitor.NodeUnreachable, Subject: "node1"}
		check := monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
			if down.Load() {
				return []monitor.Result{{Key: node, Health: monitor.Failing}}, nil
			}
			return []monitor.Result{{Key: node, Health: monitor.Healthy}}, nil
		})
		bench := monitortest.Start(t, monitor.Every("nodes", check, 30*time.Second))

		bench.Pass(3 * time.Minute)
		assert.Equal(t, []string{"fired critical node.unreachable node1"}, bench.Lines())

		down.Store(false)
		bench.Pass(time.Minute)
		assert.Equal(t, []string{"resolved critical node.unreachable node1"}, bench.Lines())
	})
}

func ExampleRecorder() {
	var recorder monitortest.Recorder
	recorder.Down()
	fmt.Println(recorder.Notify(context.Background(), monitor.Message{ID: "1"}))
	recorder.Up()
	fmt.Println(recorder.Notify(context.Background(), monitor.Message{ID: "1"}), len(recorder.Messages()))
	// Output:
	// the recorder is down
	// <nil> 1
}
