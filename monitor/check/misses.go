package check

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// misses remembers how many blocks validators had missed lately, so that it can tell at which pace they miss more.
type misses map[string][]missed

// missed is how many blocks of its window a validator had missed after a block.
type missed struct {
	blocks int64
	height pocket.Height
	at     time.Time // of that block
}

// see takes in how a validator stands now. Samples older than a tenth of the window do not count, nor do those before the chain began to
// count anew.
func (m misses) see(who string, now missed, window int64) {
	reach := pocket.Height(max(5, window/10))
	kept := m[who][:0]
	for _, s := range m[who] {
		if s.height < now.height && s.height >= now.height-reach && s.blocks <= now.blocks {
			kept = append(kept, s)
		}
	}
	m[who] = append(kept, now)
}

// keep forgets all but some validators.
func (m misses) keep(these map[string]bool) {
	for who := range m {
		if !these[who] {
			delete(m, who)
		}
	}
}

// judge makes r the measurement of how much of what may be missed was missed, with a forecast of when one more block is too many.
func (m misses) judge(r *monitor.Result, most, window int64) {
	seen := m[r.Subject]
	if len(seen) == 0 || most < 1 {
		return
	}
	first, now := seen[0], seen[len(seen)-1]
	r.Height = now.height
	part := decimal.NewFromInt(now.blocks).DivRound(decimal.NewFromInt(most), 3)
	r.Reading = decimal.NewNullDecimal(part)
	r.Facts = append(r.Facts, monitor.Count("missed", now.blocks), monitor.Count("most", most), monitor.Count("window", window))
	more, blocks := now.blocks-first.blocks, int64(now.height-first.height)
	if more <= 0 || blocks <= 0 {
		return
	}
	left := max(0, most+1-now.blocks)
	needed := (left*blocks + more - 1) / more // rounded up
	r.Facts = append(r.Facts, monitor.Count("jailed_in", needed))
	if each := now.at.Sub(first.at) / time.Duration(blocks); each > 0 {
		r.Facts = append(r.Facts, monitor.Instant("jailed_at", now.at.Add(time.Duration(needed)*each).Round(time.Minute)))
	}
}
