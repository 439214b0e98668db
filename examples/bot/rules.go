package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/poktbot/poktbot/monitor"
)

// A Phrase is an item of a list that may hold spaces and commas. In the environment such lists are separated by semicolons or lines.
type Phrase string

// A ruling is a key of a rule as it is written in the configuration: "for=5m".
type ruling struct {
	key  string
	want string
	set  func(*monitor.Rule, string) error
}

func rulings() []ruling {
	span := func(target func(*monitor.Rule) *time.Duration) func(*monitor.Rule, string) error {
		return func(r *monitor.Rule, text string) error {
			d, err := ParseDuration(text)
			*target(r) = time.Duration(d)
			return err
		}
	}
	count := func(target func(*monitor.Rule) *int) func(*monitor.Rule, string) error {
		return func(r *monitor.Rule, text string) (err error) {
			*target(r), err = strconv.Atoi(text)
			return err
		}
	}
	return []ruling{
		{"severity", "info, warning or critical", func(r *monitor.Rule, text string) error { return r.Severity.UnmarshalText([]byte(text)) }},
		{"for", "a time such as 5m", span(func(r *monitor.Rule) *time.Duration { return &r.For })},
		{"confirmations", "a number", count(func(r *monitor.Rule) *int { return &r.Confirmations })},
		{"recover", "a time such as 5m", span(func(r *monitor.Rule) *time.Duration { return &r.Recover })},
		{"recoveries", "a number", count(func(r *monitor.Rule) *int { return &r.Recoveries })},
		{"lasts", "a time such as 1d", span(func(r *monitor.Rule) *time.Duration { return &r.Lasts })},
		{"remind", "a time such as 6h, 0 for never", span(func(r *monitor.Rule) *time.Duration { return &r.Remind })},
		{"escalate", "a time such as 30m, 0 for never", span(func(r *monitor.Rule) *time.Duration { return &r.Escalate })},
		{"bands", "numbers and severities from the mildest, such as 14:warning,3:critical", setBands},
	}
}

// setBands reads "14:warning,3:critical", and with a second number where a band is left again: "14/15:warning".
func setBands(r *monitor.Rule, text string) error {
	r.Bands = nil
	for part := range strings.SplitSeq(text, ",") {
		numbers, word, _ := strings.Cut(part, ":")
		entered, left, hasLeft := strings.Cut(numbers, "/")
		var band monitor.Band
		var err error
		if band.At, err = reading(entered); err != nil {
			return err
		}
		if hasLeft {
			clear, err := reading(left)
			if err != nil {
				return err
			}
			band.Clear = decimal.NewNullDecimal(clear)
		}
		if err := band.Severity.UnmarshalText([]byte(strings.TrimSpace(word))); err != nil {
			return err
		}
		r.Bands = append(r.Bands, band)
	}
	return nil
}

// reading reads a number that can be compared in no time: a few characters may stand for millions of digits.
func reading(text string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(strings.TrimSpace(text))
	if err == nil && (d.Exponent() > 30 || d.Exponent() < -30) {
		err = fmt.Errorf("%s is out of range", clip(text))
	}
	return d, err
}

// parseRule reads a rule of the configuration: a pattern of names, a pattern of subjects if it is not to be all, and what is to be another
// than by default.
//
//	tls.expiring remind=1d
//	node.* rpc.example for=10m severity=warning
//	chain.params_changed off
func parseRule(text string) (monitor.Override, error) {
	var o monitor.Override
	var changes []func(*monitor.Rule)
	for i, word := range strings.Fields(text) {
		key, value, pair := strings.Cut(word, "=")
		switch {
		case i == 0:
			o.Match.Name = word
		case word == "off":
			changes = append(changes, func(r *monitor.Rule) { r.Disabled = true })
		case word == "on":
			changes = append(changes, func(r *monitor.Rule) { r.Disabled = false })
		case !pair && i == 1:
			o.Match.Subject = word
		case !pair:
			return o, fmt.Errorf("%q: want KEY=VALUE, or off", clip(word))
		default:
			change, err := changeOf(key, value)
			if err != nil {
				return o, err
			}
			changes = append(changes, change)
		}
	}
	if len(changes) == 0 {
		return o, fmt.Errorf("%q changes nothing; want something like: tls.expiring remind=1d", clip(text))
	}
	o.Change = func(r *monitor.Rule) {
		for _, change := range changes {
			change(r)
		}
	}
	return o, nil
}

func changeOf(key, value string) (func(*monitor.Rule), error) {
	var keys []string
	for _, known := range rulings() {
		keys = append(keys, known.key)
		if known.key != key {
			continue
		}
		if err := known.set(new(monitor.Rule), value); err != nil || value == "" {
			return nil, fmt.Errorf("%s=%s: want %s", key, clip(value), known.want)
		}
		return func(r *monitor.Rule) { _ = known.set(r, value) }, nil // it was tried
	}
	if near := nearest(key, keys); near != "" {
		return nil, fmt.Errorf("%q is not known; did you mean %s?", clip(key), near)
	}
	return nil, fmt.Errorf("%q is not known: want %s", clip(key), strings.Join(keys, ", "))
}

// rules are the default rules, changed by the configuration.
func (c *Config) rules() (*monitor.Rules, error) {
	var overrides []monitor.Override
	for _, text := range c.Alerts.Rules {
		o, err := parseRule(string(text))
		if err != nil {
			return nil, err
		}
		overrides = append(overrides, o)
	}
	return monitor.NewRules(overrides...)
}
