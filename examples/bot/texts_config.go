package bot

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
)

// parseText reads a rule of texts: a name, and then
//
//	find="…"     a regular expression that is looked for anywhere in a text
//	single="…"   what to say of one text: {message}, {address}, {chain_id}, {service_url}, {time_formatted} …
//	many="…"     what to say of several; as of one when it is left out
//	max_age=1d   older texts are not told of
//	severity=…   info, warning or critical
//
// Where a text has white space it stands in double quotes, in which \" is a quote. Any other backslash is one, as regular expressions want it.
func parseText(text string) (check.TextRule, error) {
	var r check.TextRule
	words, err := quotedWords(text)
	if err != nil {
		return r, err
	}
	if len(words) == 0 || strings.Contains(words[0], "=") {
		return r, fmt.Errorf("%q has no name; want something like: timeouts find=\"timeout of\" single=\"{address}: {message}\"", clip(text))
	}
	r.Name = words[0]
	set := map[string]func(string) error{
		"find":   func(v string) error { r.Find = v; return nil },
		"single": func(v string) error { r.NotifySingle = v; return nil },
		"many":   func(v string) error { r.NotifyMany = v; return nil },
		"max_age": func(v string) error {
			d, err := ParseDuration(v)
			if err == nil && d <= 0 {
				err = errors.New("want a time above 0, such as 1d")
			}
			r.MaxAge = time.Duration(d)
			return err
		},
		"severity": func(v string) error { return r.Severity.UnmarshalText([]byte(v)) },
	}
	keys := []string{"find", "single", "many", "max_age", "severity"}
	for _, word := range words[1:] {
		key, value, pair := strings.Cut(word, "=")
		if !pair {
			return r, fmt.Errorf("%s: %q: want KEY=VALUE, with quotes around a value that has spaces", clip(r.Name), clip(word))
		}
		take := set[key]
		if take == nil {
			if near := nearest(key, keys); near != "" {
				return r, fmt.Errorf("%s: %q is not known; did you mean %s?", clip(r.Name), clip(key), near)
			}
			return r, fmt.Errorf("%s: %q is not known: want %s", clip(r.Name), clip(key), strings.Join(keys, ", "))
		}
		if err := take(value); err != nil {
			return r, fmt.Errorf("%s: %s=%s: %w", clip(r.Name), key, clip(value), err)
		}
	}
	return r, nil
}

// quotedWords takes a text apart at white space outside double quotes.
func quotedWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun, quoted, escaped := false, false, false
	for _, r := range text {
		switch {
		case escaped && r != '"':
			word.WriteRune('\\')
			fallthrough
		case escaped:
			word.WriteRune(r)
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			begun, quoted = true, !quoted
		case unicode.IsSpace(r) && !quoted:
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("%q: a quote is open", clip(text))
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

// textRules are the rules of texts of the configuration.
func (c *Config) textRules() ([]check.TextRule, error) {
	var rules []check.TextRule
	var errs []error
	for _, text := range c.Alerts.Texts {
		r, err := parseText(string(text))
		rules, errs = append(rules, r), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	_, err := check.NewTexts(nil, rules, check.NewMemory(), check.TextsConfig{}) // it checks them and reads nothing
	return rules, err
}

// rpcTypes are what an endpoint may be staked as.
var rpcTypes = []string{"JSON_RPC", "REST", "WEBSOCKET", "GRPC", "COMET_BFT"}

// parseServed reads what an operator serves: OPERATOR SERVICE RPC_TYPE URL.
func parseServed(text string) (check.Served, error) {
	words := strings.Fields(text)
	if len(words) != 4 {
		return check.Served{}, fmt.Errorf("%q; want OPERATOR SERVICE RPC_TYPE URL, such as pokt1… eth JSON_RPC https://relay.example", clip(text))
	}
	operator, err := pocket.ParseAddress(words[0])
	if err != nil || operator.Kind() != pocket.AccountAddress {
		return check.Served{}, fmt.Errorf("%q is no operator's address; want one such as pokt1…", clip(words[0]))
	}
	for _, known := range rpcTypes {
		if strings.EqualFold(words[2], known) {
			return check.Served{Operator: operator, Service: pocket.ServiceID(words[1]), RPCType: known, URL: words[3]}, nil
		}
	}
	return check.Served{}, fmt.Errorf("%q is no type of a service; want %s", clip(words[2]), strings.Join(rpcTypes, ", "))
}

// served are the endpoints that the configuration says are served.
func (c *Config) served() ([]check.Served, error) {
	var list []check.Served
	var errs []error
	for _, text := range c.Alerts.Served {
		s, err := parseServed(string(text))
		list, errs = append(list, s), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	_, err := check.NewEndpointMatch(nil, list, "") // it checks them and asks nobody
	return list, err
}
