package coingecko

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rewards"
)

// Why CoinGecko may refuse to answer, beside the errors of package pocket; [rewards.ErrCurrency] is another. Test with [errors.Is]; the error is a
// *[pocket.APIError] with CoinGecko's own code and words. Each says what to do.
var (
	// ErrKey: the key is missing or not known (code 10002).
	ErrKey = errors.New("it wants a key that it knows: check the one configured, or get a free demo key at coingecko.com/en/api")
	// ErrRoot: the key is of one kind and the URL of the other (codes 10010 and 10011).
	ErrRoot = errors.New("the key and the URL are of different plans: give a free key as a demo key and one that was paid for as a pro key")
	// ErrPlan: the plan does not include what was asked for (code 10005).
	ErrPlan = errors.New("the plan does not include this: use a key of a larger plan")
	// ErrHistory: the plan does not reach so far back (code 10012).
	ErrHistory = errors.New("the plan does not reach so far back: give older prices in a file, or use a key of a paid plan")
	// ErrCoin: there is no coin of that ID.
	ErrCoin = errors.New("look up the coin's API ID on its page at coingecko.com")
)

// A refusal is how CoinGecko says no: in one of three places, a code and words.
type refusal struct {
	Code   int             `json:"error_code"`
	Status told            `json:"status"`
	Error  json.RawMessage `json:"error"` // words, or a status within an object
}

type told struct {
	Code    int    `json:"error_code"`
	Message string `json:"error_message"`
}

// read returns the code, 0 when there is none, and the words.
func (r *refusal) read() (code int, words string) {
	var nested struct {
		Status told `json:"status"`
	}
	if json.Unmarshal(r.Error, &words) != nil {
		_ = json.Unmarshal(r.Error, &nested) // neither words nor an object says nothing
	}
	for _, status := range []told{r.Status, nested.Status, {Code: r.Code}} {
		if code == 0 {
			code = status.Code
		}
		if words == "" {
			words = status.Message
		}
	}
	return code, words
}

// refusal returns the error of an answer that is none.
func (c *Client) refusal(a *rest.Answer) error {
	if a.Status == http.StatusTooManyRequests {
		return a.Odd("too many calls a minute, or this month: it may be another program at the same address; a key of one's own helps")
	}
	var r refusal
	if json.Unmarshal(a.Body, &r) != nil {
		return a.NotJSON()
	}
	code, words := r.read()
	switch {
	case code == 10002:
		return c.fail(a, pocket.ErrUnavailable, code, words, ErrKey)
	case code == 10005:
		return c.fail(a, pocket.ErrUnavailable, code, words, ErrPlan)
	case code == 10010, code == 10011:
		return c.fail(a, pocket.ErrInvalid, code, words, ErrRoot)
	case code == 10012:
		return c.fail(a, pocket.ErrInvalid, code, words, ErrHistory)
	case a.Status == http.StatusNotFound:
		return c.fail(a, pocket.ErrNotFound, code, words, ErrCoin)
	case strings.Contains(words, "vs_currency"):
		return c.fail(a, pocket.ErrInvalid, code, words, rewards.ErrCurrency)
	default:
		e := a.Odd(c.clean(words))
		e.Code = code
		return e
	}
}

func (c *Client) fail(a *rest.Answer, reason error, code int, words string, cause error) *pocket.APIError {
	e := a.Fail(reason, strings.TrimRight(c.clean(words), ". "))
	e.Code, e.Cause = code, cause
	return e
}

// clean takes the key out of words that may repeat it.
func (c *Client) clean(words string) string {
	if c.key == nil {
		return words
	}
	return strings.ReplaceAll(words, c.key.reveal(), "REDACTED")
}
