package monitor_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
)

// BenchmarkEvaluations judges what a watcher of many nodes sees: mostly health, some measurements, some failures that last, some that come
// and go.
func BenchmarkEvaluations(b *testing.B) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	rules := monitor.DefaultRules()
	type subject struct {
		rule   monitor.Rule
		state  monitor.State
		result monitor.Result
	}
	var subjects []subject
	for i := range 1000 {
		name, result := monitor.NodeUnreachable, monitor.Result{Health: monitor.Healthy}
		switch i % 10 {
		case 1, 2:
			name, result = monitor.TLSExpiring, monitor.Result{Reading: decimal.NewNullDecimal(decimal.New(int64(300+i), -1))}
		case 3:
			name, result = monitor.SupplierStakeLow, monitor.Result{Reading: decimal.NewNullDecimal(decimal.NewFromInt(int64(50 + i)))}
		case 4:
			name, result = monitor.NodeOutOfSync, monitor.Result{Health: monitor.Failing, Facts: monitor.Facts{monitor.Count("behind", 7)}}
		}
		result.Key = monitor.Key{Name: name, Subject: "node"}
		subjects = append(subjects, subject{rule: rules[name], result: result})
	}
	b.ReportAllocs()
	evaluations := 0
	for b.Loop() {
		now = now.Add(30 * time.Second)
		for i := range subjects {
			s := &subjects[i]
			if i%10 == 5 { // comes and goes
				s.result.Health = monitor.Healthy + monitor.Health(evaluations/len(subjects)%2)
			}
			s.state, _ = s.rule.Next(s.state, s.result, now)
			evaluations++
		}
	}
	b.ReportMetric(float64(evaluations)/b.Elapsed().Seconds(), "evaluations/s")
}
