package monitor

import (
	"sync"
	"time"
)

// stats counts what a watcher does, for its metrics.
type stats struct {
	mu       sync.Mutex
	looks    map[string]*lookStats
	sendings map[string]*sendStats

	commits     int64
	commitTime  time.Duration
	commitFails int64
	failing     time.Time // since when the store takes nothing

	beats     int64
	beatFails int64
	beatAt    time.Time
}

type lookStats struct {
	count, failed, unknown int64
	spent                  time.Duration
	last                   time.Time
}

type sendStats struct {
	arrived, failed int64
	spent           time.Duration
	last            time.Time // when one arrived last
}

func newStats() *stats {
	return &stats{looks: map[string]*lookStats{}, sendings: map[string]*sendStats{}}
}

func statsOf[T any](m map[string]*T, name string) *T {
	if m[name] == nil {
		m[name] = new(T)
	}
	return m[name]
}

func (s *stats) looked(check string, took time.Duration, results []Result, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := statsOf(s.looks, check)
	l.count++
	l.spent += took
	l.last = time.Now()
	if err != nil {
		l.failed++
	}
	for i := range results {
		if r := &results[i]; r.Health == Unknown && !r.Reading.Valid && r.Occurrence == "" {
			l.unknown++
		}
	}
}

func (s *stats) sent(destination string, took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := statsOf(s.sendings, destination)
	d.spent += took
	if err != nil {
		d.failed++
		return
	}
	d.arrived++
	d.last = time.Now()
}

// forget drops what was counted of a destination.
func (s *stats) forget(destination string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sendings, destination)
}

func (s *stats) committed(took time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	s.commitTime += took
	switch {
	case err == nil:
		s.failing = time.Time{}
		return
	case s.failing.IsZero():
		s.failing = time.Now()
	}
	s.commitFails++
}

func (s *stats) storeFailing() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing
}

func (s *stats) beaten(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.beatFails++
		return
	}
	s.beats++
	s.beatAt = time.Now()
}
