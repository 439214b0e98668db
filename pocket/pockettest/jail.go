package pockettest

import (
	"encoding/json"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// A validator signs every block unless it is made to [Jail]: then it misses one after the other until it is jailed.

const (
	signedWindow = 200 // blocks
	mostMissed   = 180 // with one more it is jailed
)

// A penance is how a validator stands.
type penance struct {
	missed int64
	jailed bool
	until  time.Time // zero when it was never jailed
}

func (w *world) penance(v validator, h pocket.Height) penance {
	var p penance
	for _, i := range w.incidents {
		if i.Kind != Jail || i.Validator != v.operator || h < i.Height {
			continue
		}
		jailedAt := i.Height + mostMissed
		if h < jailedAt {
			p.missed = int64(h-i.Height) + 1
			continue
		}
		p = penance{jailed: true, until: w.timeOf(jailedAt).Add(10 * time.Minute)}
		if freed := jailedAt + pocket.Height(w.blocksIn(i.Duration)); i.Duration > 0 && h >= freed {
			p.jailed = false
		}
	}
	return p
}

func slashingParams(*state) (json.RawMessage, *restError) {
	return object("params", object("signed_blocks_window", "200", "min_signed_per_window", "0.100000000000000000",
		"downtime_jail_duration", "600s", "slash_fraction_double_sign", "0.050000000000000000",
		"slash_fraction_downtime", "0.000000000000000000")), nil
}
