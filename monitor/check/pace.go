package check

import (
	"context"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A pace knows how fast blocks come, from the last few of them.
type pace struct {
	last []pocket.Block
}

const paceBlocks = 11

// see takes in a block. The first time it looks up those before it where they are known.
func (p *pace) see(ctx context.Context, blocks interface {
	Block(context.Context, pocket.Height) (pocket.Block, error)
}, b pocket.Block) {
	if len(p.last) == 0 && blocks != nil {
		for h := max(1, b.Height-paceBlocks+1); h < b.Height; h++ {
			if earlier, err := blocks.Block(ctx, h); err == nil { // what is not stored is not needed
				p.add(earlier)
			}
		}
	}
	p.add(b)
}

func (p *pace) add(b pocket.Block) {
	b.Txs = nil
	p.last = append(p.last, b)
	if len(p.last) > paceBlocks {
		p.last = slices.Delete(p.last, 0, len(p.last)-paceBlocks)
	}
}

// blockTime is the usual time between two blocks: the median, so that a halt does not count for long. It is 0 while that cannot be told.
func (p *pace) blockTime() time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(p.last); i++ {
		if n := p.last[i].Height - p.last[i-1].Height; n > 0 {
			gaps = append(gaps, p.last[i].Time.Sub(p.last[i-1].Time)/time.Duration(n))
		}
	}
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

// left are the facts of how much time is left until so many blocks have come.
func (p *pace) left(blocks pocket.Height) monitor.Facts {
	facts := monitor.Facts{monitor.Count("blocks_left", int64(blocks))}
	if each := p.blockTime(); each > 0 {
		facts = append(facts, monitor.Span("time_left", (time.Duration(blocks)*each).Round(time.Second)))
	}
	return facts
}

// when is the fact of when a coming block is to be expected, none while that cannot be told.
func (p *pace) when(name string, h pocket.Height) monitor.Facts {
	each := p.blockTime()
	if each <= 0 || len(p.last) == 0 {
		return nil
	}
	newest := p.last[len(p.last)-1]
	return monitor.Facts{monitor.Instant(name, newest.Time.Add(time.Duration(h-newest.Height)*each).Round(time.Minute))}
}
