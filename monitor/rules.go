package monitor

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Validate reports what cannot be meant.
func (r Rule) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Severity < 0 || r.Severity > Critical {
		bad("severity %d: want info, warning or critical", r.Severity)
	}
	for _, d := range []struct {
		name  string
		value int64
	}{
		{"for", int64(r.For)}, {"confirmations", int64(r.Confirmations)}, {"recover", int64(r.Recover)}, {"recoveries", int64(r.Recoveries)},
		{"lasts", int64(r.Lasts)}, {"remind", int64(r.Remind)}, {"escalate", int64(r.Escalate)}, {"flap window", int64(r.FlapWindow)},
		{"flap max", int64(r.FlapMax)},
	} {
		if d.value < 0 {
			bad("%s is below 0", d.name)
		}
	}
	for i, b := range r.Bands {
		if b.Severity < 0 || b.Severity > Critical {
			bad("band %d: severity %d: want info, warning or critical", i+1, b.Severity)
		}
		if b.Clear.Valid && r.worse(b.Clear.Decimal.Cmp(b.At)) {
			bad("band %d: it is entered at %s and left only at %s, which is worse", i+1, b.At, b.Clear.Decimal)
		}
		if i == 0 {
			continue
		}
		before := r.Bands[i-1]
		if !r.worse(b.At.Cmp(before.At)) {
			bad("band %d at %s does not come after band %d at %s: bands go from the mildest to the worst", i+1, b.At, i, before.At)
		} else if r.worse(before.clear().Cmp(b.clear())) {
			bad("band %d is left at %s, which is milder than %s where band %d is", i+1, b.clear(), before.clear(), i)
		}
	}
	return errors.Join(errs...)
}

// worse reports whether a comparison says that a reading is worse than another.
func (r Rule) worse(comparison int) bool {
	if r.Below {
		return comparison < 0
	}
	return comparison > 0
}

// An Override changes the rules of what it matches.
type Override struct {
	Match  Match
	Change func(*Rule) // sets what is to be another; must do the same each time
}

// Rules know the rule of every result. Make them with [NewRules]; they are safe for concurrent use.
type Rules struct {
	base      map[Name]Rule
	overrides []Override

	mu     sync.Mutex
	ruling map[rulingKey]*ruling
}

// A rulingKey names a rule by which overrides made it.
type rulingKey struct {
	name      Name
	overrides string // the numbers of those that match, one byte pair each
}

// A ruling is a rule in force, with a checksum by which a change of it is noticed.
type ruling struct {
	Rule
	sum string
}

// NewRules returns [DefaultRules] changed by overrides, of which later ones win. A name that has no default begins with the zero Rule.
func NewRules(overrides ...Override) (*Rules, error) {
	r := &Rules{base: DefaultRules(), overrides: overrides, ruling: map[rulingKey]*ruling{}}
	var errs []error
	for i, o := range overrides {
		if err := o.Match.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("rule %d: %w", i+1, err))
			continue
		}
		if o.Change == nil {
			errs = append(errs, fmt.Errorf("rule %d for %s changes nothing", i+1, o.Match))
			continue
		}
		if err := r.try(o); err != nil {
			errs = append(errs, fmt.Errorf("rule %d for %s: %w", i+1, o.Match, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// try makes the change on every rule that it may meet and returns the first fault.
func (r *Rules) try(o Override) error {
	met := false
	for _, name := range sortedKeys(r.base) {
		if !glob(o.Match.Name, string(name)) {
			continue
		}
		met = true
		rule := r.base[name].clone()
		o.Change(&rule)
		if err := rule.Validate(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if met {
		return nil
	}
	var rule Rule
	o.Change(&rule)
	return rule.Validate()
}

// clone is r with bands of its own.
func (r Rule) clone() Rule {
	r.Bands = slices.Clone(r.Bands)
	return r
}

// For returns the rule of what has this key and these labels.
func (r *Rules) For(k Key, labels map[string]string) Rule { return r.find(k, labels).clone() }

func (r *Rules) find(k Key, labels map[string]string) *ruling {
	var matching []byte
	for i, o := range r.overrides {
		if o.Match.Matches(k, labels) {
			matching = append(matching, byte(i>>8), byte(i))
		}
	}
	key := rulingKey{k.Name, string(matching)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.ruling[key]; ok {
		return known
	}
	rule := r.base[k.Name].clone()
	for i := 0; i < len(matching); i += 2 {
		r.overrides[int(matching[i])<<8|int(matching[i+1])].Change(&rule)
	}
	found := &ruling{Rule: rule, sum: rule.sum()}
	r.ruling[key] = found
	return found
}

// sum is a checksum of all that r says.
func (r Rule) sum() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // it holds numbers only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
