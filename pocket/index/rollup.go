package index

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Three tables hold sums ready-made, so that statistics do not scan: day_totals by service, day_payments by address, and hour_payments by
// address and service. A row holds a UTC day or hour, and in it the sums of each block by itself. So a span may begin and end anywhere
// and days may be those of any zone: a year has 365 rows to read, each with at most 72 settling blocks on mainnet, and nothing is ever
// rounded to a slot of time.
//
// The sums of a block are computed anew from its digest whenever that changes and replace those that stood there, so telling of
// an event twice cannot count it twice.

// A rollup is one of these tables, and the rows of it that a transaction changes.
type rollup struct {
	*table
	width int64 // how long a row is, in microseconds
	rows  map[sumKey]*sumRow
}

// A sumKey is whom a row is about, and its day or hour, counted from 1970.
type sumKey struct{ name, slot int64 }

type rollups struct{ totals, payments, servicePayments *rollup }

const (
	hour = int64(60 * 60 * 1_000_000)
	day  = 24 * hour
)

func newRollups() rollups {
	return rollups{
		totals:          &rollup{totalsTable, day, map[sumKey]*sumRow{}},
		payments:        &rollup{paymentsTable, day, map[sumKey]*sumRow{}},
		servicePayments: &rollup{servicePaymentsTable, hour, map[sumKey]*sumRow{}},
	}
}

func (r rollups) all() []*rollup { return []*rollup{r.totals, r.payments, r.servicePayments} }

// slotOf returns which day or hour holds a time in microseconds.
func slotOf(micros, width int64) int64 {
	slot := micros / width
	if micros%width < 0 {
		slot--
	}
	return slot
}

// The keys of day_totals that stand for no single service.
const (
	allServices = 0
	noService   = -2 // events that tell no service
)

// serviceKey is the key of day_totals for one service.
func serviceKey(id int64) int64 {
	if id == 0 {
		return noService
	}
	return id
}

// A blockSum is what one block adds to a row.
type blockSum struct {
	height  int64
	time    int64
	service int64 // in hour_payments
	sums    rewards.Sums
}

// sumsOf returns what d adds up to in all and by service. Package rewards does the sums, so that they are its own.
func (d *digest) sumsOf(words vocabulary) (all rewards.Sums, services []rewards.Row, err error) {
	byService, err := rewards.NewAdder(rewards.Query{By: []rewards.Dimension{rewards.ByService}})
	if err != nil {
		return all, nil, err
	}
	var shares []pocket.Share
	for i := range d.entries {
		if err := byService.Add(d.entries[i].event(words, d.height, timeOf(d.time), &shares)); err != nil {
			return all, nil, err
		}
	}
	if services, err = byService.Rows(); err != nil {
		return all, nil, err
	}
	all, err = rewards.Total(services)
	return all, services, err
}

// A payee is an address that a service paid.
type payee struct{ recipient, service int64 }

// paymentsOf returns what d paid to each address by service: what of [rewards.Sums] depends on whose wallets are asked for. Package rewards can
// tell this too, but takes a hundred times as long about it for thousands of addresses; tests hold the two together.
func (d *digest) paymentsOf(words vocabulary) (map[payee]*rewards.Sums, error) {
	payments := map[payee]*rewards.Sums{}
	roles := map[int64]pocket.Role{}
	for i := range d.entries {
		e := &d.entries[i]
		if e.lacks.Has(pocket.LacksShares) {
			continue
		}
		for _, s := range e.shares {
			role, known := roles[s.reason]
			if !known {
				role = pocket.Reason(words.text(s.reason)).Role()
				roles[s.reason] = role
			}
			sums := payments[payee{s.recipient, e.service}]
			if sums == nil {
				sums = new(rewards.Sums)
				payments[payee{s.recipient, e.service}] = sums
			}
			to := &sums.OtherRoles
			if s.reason == 0 {
				to = &sums.UnattributedMine
			} else if role == pocket.RoleSupplier {
				to = &sums.Mine
			}
			var err error
			if *to, err = to.Add(pocket.Upokt(s.amount)); err != nil {
				return nil, fmt.Errorf("payments to %s: %w", words.address(s.recipient), err)
			}
		}
	}
	return payments, nil
}

// sumCount is how many numbers [rewards.Sums] has.
const sumCount = 23

// sumFields are the numbers of s that are stored. The three that depend on whose wallets are asked for stand in day_payments
// only, where they are the address's own.
func sumFields(s *rewards.Sums) [sumCount]*int64 {
	return [sumCount]*int64{
		&s.Settlements, &s.Relays, &s.EstimatedRelays, &s.ComputeUnits,
		(*int64)(&s.Claimed), (*int64)(&s.Settled), (*int64)(&s.Minted), (*int64)(&s.Overserviced), (*int64)(&s.Deflated),
		&s.OverservicedClaims, &s.DeflatedClaims, (*int64)(&s.Gross), (*int64)(&s.Mine), (*int64)(&s.OtherRoles),
		&s.Expired, (*int64)(&s.ExpiredClaimed), &s.Discarded, &s.Slashes, (*int64)(&s.Slashed),
		&s.LackAmounts, &s.LackShares, (*int64)(&s.Unattributed), (*int64)(&s.UnattributedMine),
	}
}

// packSums returns the sums of blocks as bytes: for each block the numbers that are not 0, after a mask that says which those are.
func packSums(list []blockSum) []byte {
	slices.SortFunc(list, func(a, b blockSum) int {
		return cmp.Or(cmp.Compare(a.height, b.height), cmp.Compare(a.service, b.service))
	})
	return appendSums(nil, blockSum{}, list)
}

// appendSums appends blocks to packed ones of which last is the last.
func appendSums(b []byte, last blockSum, list []blockSum) []byte {
	for i := range list {
		s := &list[i]
		b = binary.AppendVarint(b, s.height-last.height)
		b = binary.AppendVarint(b, s.time-last.time)
		b = binary.AppendUvarint(b, uint64(s.service))
		last.height, last.time = s.height, s.time
		fields, mask := sumFields(&s.sums), uint64(0)
		for i, field := range fields {
			if *field != 0 {
				mask |= 1 << i
			}
		}
		b = binary.AppendUvarint(b, mask)
		for _, field := range fields {
			if *field != 0 {
				b = binary.AppendVarint(b, *field)
			}
		}
	}
	return b
}

// A sumReader reads packed sums block by block: next, and then add or skip.
type sumReader struct {
	unpacker
	height, time, service int64
	mask                  uint64
}

// next reads on to the next block and reports whether there is one.
func (r *sumReader) next() bool {
	if len(r.b) == r.i {
		return false
	}
	r.height += r.int()
	r.time += r.int()
	r.service = r.uint()
	r.mask = uint64(r.uint())
	return true
}

// add adds the numbers of the block to sums, whose fields are to be given, and reports whether they fit.
func (r *sumReader) add(fields *[sumCount]*int64) bool {
	wrapped := int64(0)
	for mask := r.mask; mask != 0; mask &= mask - 1 {
		i := bits.TrailingZeros64(mask)
		if i >= sumCount {
			r.short = true
			return true
		}
		n := r.int()
		old := *fields[i]
		sum := old + n
		wrapped |= (old ^ sum) & (n ^ sum) // negative when the sum has not the sign that both terms have
		*fields[i] = sum
	}
	return wrapped >= 0
}

func (r *sumReader) skip() {
	for mask := r.mask; mask != 0; mask &= mask - 1 {
		r.uint()
	}
}

// err says that what was read is damaged, if it is.
func (r *sumReader) err() error {
	if r.short {
		return fmt.Errorf("sums of a day are damaged: %w", ErrCorrupt)
	}
	return nil
}

func unpackSums(packed []byte) ([]blockSum, error) {
	var list []blockSum
	r := sumReader{unpacker: unpacker{b: packed}}
	for r.next() {
		s := blockSum{height: r.height, time: r.time, service: r.service}
		fields := sumFields(&s.sums)
		r.add(&fields)
		if err := r.err(); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, r.err()
}
