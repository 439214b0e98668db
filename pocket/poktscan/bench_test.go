package poktscan

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

// BenchmarkTold reads everybody's settlements, 500 every hour, from a fake service in the same process that takes 20 ms for each page of 1000
// rows, as one does that is near. The aim is 20,000 settlements a second; the time of the fake is in it.
func BenchmarkTold(b *testing.B) {
	const blocks, perBlock = 60, 500
	s := poktscantest.New()
	b.Cleanup(s.Close)
	last := pocket.Height(60 * (blocks + 1))
	s.AddRange(1, last, begin, time.Minute)
	r := rand.New(rand.NewPCG(1, 2))
	var events []pocket.Event
	for i := range blocks {
		for j := range perBlock {
			events = append(events, settle(r, today, pocket.Height(70+60*i), account(j), ownerA, app1, "eth"))
		}
	}
	s.AddEvents(events...)
	s.SetLatency(20 * time.Millisecond)
	c, err := New([]string{s.URL}, WithPagesInFlight(16), WithRate(0))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		rows = 0
		for told, err := range c.Told(b.Context(), nil, 1, last) {
			if err != nil {
				b.Fatal(err)
			}
			rows += len(told.Events)
		}
		if rows != blocks*perBlock {
			b.Fatalf("%d settlements, want %d", rows, blocks*perBlock)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "settlements/s")
}
