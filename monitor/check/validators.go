package check

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// A ValidatorSource has the validators and how well they sign: *shannon.Client is one.
type ValidatorSource interface {
	Status(context.Context) (pocket.Status, error)
	// Validators yields all validators, or the bonded ones only.
	Validators(ctx context.Context, bonded bool) iter.Seq2[pocket.Validator, error]
	SigningParams(context.Context) (pocket.SigningParams, error)
	SigningInfos(context.Context) iter.Seq2[pocket.SigningInfo, error]
}

// ValidatorsConfig says how [Validators] look. Its zero value takes the defaults that the fields name.
type ValidatorsConfig struct {
	Timeout time.Duration // for all of one list; 0 is 20 seconds
	Chain   string        // the chain's id, for labels
}

// Validators looks whether validators are in jail, whether they miss so many blocks that they soon will be, and whether they make blocks.
// It is a [monitor.Check], and belongs to one goroutine.
//
// The subject of each is the validator's operator, poktvaloper1…:
//
//   - [monitor.ValidatorJailed]: moniker, stake, jailed_until, and tombstoned ("yes") for one that can never come back.
//   - [monitor.ValidatorMissingBlocks]: the reading is what was missed as a part of what may be missed, so that with more than 1 it is
//     jailed; missed, most, window, and while it misses more: jailed_in, which counts blocks at the pace of late, and jailed_at.
//   - [monitor.ValidatorInactive]: status ("unbonding", "unbonded", or "gone" of one that was named by its operator and is none).
//
// That one is in jail explains the others.
type Validators struct {
	who    Operators
	source ValidatorSource
	config ValidatorsConfig
	misses misses
}

// NewValidators returns a check of validators. They are named by their operators, poktvaloper1…, or by the accounts that these are of,
// pokt1…: an account that is of no validator does no harm, so that the method Watched of an index is fit.
func NewValidators(who Operators, source ValidatorSource, c ValidatorsConfig) *Validators {
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	return &Validators{who: who, source: source, config: c, misses: misses{}}
}

// Look implements [monitor.Check].
func (v *Validators) Look(ctx context.Context) ([]monitor.Result, error) {
	who, err := v.operators(ctx)
	if err != nil || len(who) == 0 {
		return nil, err
	}
	validators, err := v.validators(ctx)
	if err != nil {
		return nil, fmt.Errorf("validators: %w", err)
	}
	var results []monitor.Result
	var signing signing
	for _, w := range who {
		found, ok := validators[w.operator]
		if !ok && !w.named {
			continue
		}
		if !signing.read {
			signing = v.signing(ctx)
		}
		if stopped(ctx) {
			return nil, context.Cause(ctx)
		}
		results = append(results, v.judge(w.operator, found, ok, signing)...)
	}
	known := map[string]bool{}
	for _, r := range results {
		known[r.Subject] = true
	}
	v.misses.keep(known)
	return results, nil
}

// A candidate is who may be a validator.
type candidate struct {
	operator pocket.Address
	named    bool // as a validator, so that not to be one is wrong
}

// operators returns who is watched, each once, by address.
func (v *Validators) operators(ctx context.Context) ([]candidate, error) {
	list, err := v.who(ctx)
	if err != nil {
		return nil, fmt.Errorf("validators to watch: %w", err)
	}
	var all []candidate
	for _, a := range list {
		switch a.Kind() {
		case pocket.ValidatorAddress:
			all = append(all, candidate{a, true})
		case pocket.AccountAddress:
			if operator, err := pocket.ValidatorFromBytes(a.Bytes()); err == nil {
				all = append(all, candidate{operator, false})
			}
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(a.operator.Compare(b.operator), cmp.Compare(order(b.named), order(a.named)))
	})
	return slices.CompactFunc(all, func(a, b candidate) bool { return a.operator == b.operator }), nil
}

func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (v *Validators) validators(ctx context.Context) (map[pocket.Address]pocket.Validator, error) {
	return asked(ctx, v.config.Timeout, func(ctx context.Context) (map[pocket.Address]pocket.Validator, error) {
		all := map[pocket.Address]pocket.Validator{}
		for one, err := range v.source.Validators(ctx, false) {
			if err != nil {
				return nil, err
			}
			all[one.Operator] = one
		}
		return all, nil
	})
}

// signing is how well validators sign.
type signing struct {
	read   bool
	err    error // why that is not known
	params pocket.SigningParams
	status pocket.Status
	infos  map[string]pocket.SigningInfo // by the bytes of the consensus address
}

func (v *Validators) signing(ctx context.Context) signing {
	s, err := asked(ctx, v.config.Timeout, func(ctx context.Context) (s signing, err error) {
		if s.status, err = v.source.Status(ctx); err != nil {
			return s, err
		}
		if s.params, err = v.source.SigningParams(ctx); err != nil {
			return s, err
		}
		s.infos = map[string]pocket.SigningInfo{}
		for info, err := range v.source.SigningInfos(ctx) {
			if err != nil {
				return s, err
			}
			s.infos[string(info.Address.Bytes())] = info
		}
		return s, nil
	})
	s.read, s.err = true, err
	return s
}

// of returns how well a validator signs.
func (s signing) of(one pocket.Validator) (pocket.SigningInfo, error) {
	if s.err != nil {
		reason, _ := faultOf(s.err)
		return pocket.SigningInfo{}, fmt.Errorf("signing infos: %s", reason)
	}
	if len(one.PubKey) == 0 {
		return pocket.SigningInfo{}, errors.New("its consensus key is of a kind that is not known")
	}
	sum := sha256.Sum256(one.PubKey)
	info, ok := s.infos[string(sum[:20])]
	if !ok {
		return info, errors.New("the chain does not tell how it signs")
	}
	return info, nil
}

const bonded = "BOND_STATUS_BONDED"

// judge returns what is to be said of one validator.
func (v *Validators) judge(operator pocket.Address, one pocket.Validator, exists bool, s signing) []monitor.Result {
	subject := operator.String()
	account, _ := pocket.AccountFromBytes(operator.Bytes()) // 20 bytes always make an address
	labels := Labels{Chain: v.config.Chain, Operator: account}.Map()
	jailed := monitor.Result{Key: key(monitor.ValidatorJailed, subject), Health: monitor.Healthy, Labels: labels}
	missing := monitor.Result{Key: key(monitor.ValidatorMissingBlocks, subject), Health: monitor.Healthy, Labels: labels, Causes: []monitor.Key{jailed.Key}}
	inactive := monitor.Result{Key: key(monitor.ValidatorInactive, subject), Health: monitor.Healthy, Labels: labels, Causes: []monitor.Key{jailed.Key}}
	if !exists {
		inactive.Health, inactive.Facts = monitor.Failing, monitor.Facts{monitor.Text("status", "gone")}
		return []monitor.Result{jailed, missing, inactive}
	}
	about := monitor.Facts{monitor.Text("moniker", one.Moniker), monitor.Amount("stake", one.Tokens)}
	info, err := s.of(one)
	if one.Jailed {
		jailed.Health, jailed.Facts = monitor.Failing, slices.Clip(about)
		if err == nil && !info.JailedUntil.IsZero() {
			jailed.Facts = append(jailed.Facts, monitor.Instant("jailed_until", info.JailedUntil))
		}
		if err == nil && info.Tombstoned {
			jailed.Facts = append(jailed.Facts, monitor.Text("tombstoned", "yes"))
		}
	}
	if one.Status != bonded {
		inactive.Health, inactive.Facts = monitor.Failing, append(slices.Clip(about), monitor.Text("status", statusWord(one.Status)))
	}
	switch {
	case one.Jailed, one.Status != bonded: // nobody counts what it misses
		delete(v.misses, subject)
	case err != nil:
		missing.Health, missing.Err = monitor.Unknown, fmt.Errorf("validator %s: %w", operator, err)
	default:
		missing.Facts = slices.Clip(about[:1])
		v.misses.see(subject, missed{info.MissedBlocks, s.status.Latest, s.status.LatestTime}, s.params.Window)
		v.misses.judge(&missing, s.params.MostMissed(), s.params.Window)
	}
	return []monitor.Result{jailed, missing, inactive}
}

// statusWord is the chain's word for a status in ours. A stranger's is told as it is.
func statusWord(status string) string {
	switch status {
	case "BOND_STATUS_UNBONDING":
		return "unbonding"
	case "BOND_STATUS_UNBONDED":
		return "unbonded"
	}
	return status
}
