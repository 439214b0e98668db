package index

import (
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// Progress tells how far long work has come.
type Progress struct {
	Height pocket.Height // the last one stored
	Done   int64         // heights
	Total  int64
	Stored int64         // events that were new
	Rate   float64       // heights a second since the work began; 0 while that cannot be told
	Left   time.Duration // how long it will take at that rate; 0 while that cannot be told
}

// A meter makes Progress of what is counted. It reads the monotonic clock, so a clock that is set does not disturb it.
type meter struct {
	began  time.Time
	report func(Progress)
	p      Progress
}

func newMeter(total int64, report func(Progress)) *meter {
	return &meter{began: time.Now(), report: report, p: Progress{Total: total}}
}

func (m *meter) add(height pocket.Height, heights, stored int64) {
	m.p.Height, m.p.Done, m.p.Stored = height, m.p.Done+heights, m.p.Stored+stored
	if passed := time.Since(m.began).Seconds(); passed > 0 && m.p.Done > 0 {
		m.p.Rate = float64(m.p.Done) / passed
		m.p.Left = time.Duration(float64(m.p.Total-m.p.Done) / m.p.Rate * float64(time.Second))
	}
	if m.report != nil {
		m.report(m.p)
	}
}
