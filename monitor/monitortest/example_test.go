package monitortest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
)

func TestAFailureIsFollowedFromTheCheckToTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		health := monitor.Failing
		node := monitor.Key{Name: monitor.NodeUnreachable, Subject: "node1"}
		check := monitortest.CheckFunc(func(context.Context) ([]monitor.Result, error) {
			return []monitor.Result{{Key: node, Health: health}}, nil
		})
		bench := monitortest.Start(t, monitor.Every("nodes", check, 30*time.Second))

		bench.Pass(3 * time.Minute)
		assert.Equal(t, []string{"fired critical node.unreachable node1"}, bench.Lines())

		health = monitor.Healthy
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
