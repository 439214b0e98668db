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

// Two tables hold sums ready-made, so that statistics do not scan: day_totals by service, day_payments by address. A row holds a UTC
// day, and in it the sums of each block by itself. So a span may begin and end anywhere and days may be those of any zone: a year has
// 365 rows to read, each with at most 72 settling blocks on mainnet, and nothing is ever rounded to a slot of time.
//
// The sums of a block are computed anew from its digest whenever that changes and replace those that stood there, so telling of
// an event twice cannot count it twice.

const microsPerDay = 24 * 60 * 60 * 1_000_000

// dayOf returns the UTC day, counted from 1970, that holds a time in microseconds.
func dayOf(micros int64) int64 {
	day := micros / microsPerDay
	if micros%microsPerDay < 0 {
		day--
	}
	return day
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

// ownPayments is what of an address's sums day_payments holds.
func ownPayments(s rewards.Sums) rewards.Sums {
	return rewards.Sums{Mine: s.Mine, OtherRoles: s.OtherRoles, UnattributedMine: s.UnattributedMine}
}

// A blockSum is what one block adds to a row of day_totals or day_payments.
type blockSum struct {
	height  int64
	time    int64
	service int64 // in day_payments
	sums    rewards.Sums
}

// sumsOf returns what d adds up to: in all, by service, and by address and service. Package rewards does the sums, so that they are its
// own.
func (d *digest) sumsOf(words vocabulary) (all rewards.Sums, services, payments []rewards.Row, err error) {
	byService, err := rewards.NewAdder(rewards.Query{By: []rewards.Dimension{rewards.ByService}})
	if err != nil {
		return all, nil, nil, err
	}
	paid := map[int64]bool{}
	var wallets []pocket.Address
	for i := range d.entries {
		for _, s := range d.entries[i].shares {
			if !paid[s.recipient] {
				paid[s.recipient] = true
				wallets = append(wallets, words.address(s.recipient))
			}
		}
	}
	byRecipient, err := rewards.NewAdder(rewards.Query{
		Wallets: wallets, By: []rewards.Dimension{rewards.ByService, rewards.ByRecipient},
	})
	if err != nil {
		return all, nil, nil, err
	}
	var shares []pocket.Share
	for i := range d.entries {
		event := d.entries[i].event(words, d.height, timeOf(d.time), &shares)
		if err := byService.Add(event); err != nil {
			return all, nil, nil, err
		}
		if err := byRecipient.Add(event); err != nil {
			return all, nil, nil, err
		}
	}
	if services, err = byService.Rows(); err != nil {
		return all, nil, nil, err
	}
	if payments, err = byRecipient.Rows(); err != nil {
		return all, nil, nil, err
	}
	all, err = rewards.Total(services)
	return all, services, payments, err
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
	var b []byte
	var last blockSum
	for i := range list {
		s := &list[i]
		b = binary.AppendVarint(b, s.height-last.height)
		b = binary.AppendVarint(b, s.time-last.time)
		b = binary.AppendUvarint(b, uint64(s.service))
		last = *s
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

// ofAllServices adds the sums of each block together.
func ofAllServices(list []blockSum) ([]blockSum, error) {
	slices.SortFunc(list, func(a, b blockSum) int { return cmp.Compare(a.height, b.height) })
	var whole []blockSum
	for i := range list {
		s := &list[i]
		if n := len(whole); n == 0 || whole[n-1].height != s.height {
			whole = append(whole, blockSum{height: s.height, time: s.time})
		}
		w := &whole[len(whole)-1]
		var err error
		if w.sums, err = w.sums.Plus(s.sums); err != nil {
			return nil, err
		}
	}
	return whole, nil
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
