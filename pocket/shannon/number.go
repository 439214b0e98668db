package shannon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A number is an integer that nodes write as a string, or as a JSON number, depending on the field and the version. null and "" are 0.
type number int64

// UnmarshalJSON reads either spelling.
func (n *number) UnmarshalJSON(raw []byte) error {
	text, err := plain(raw)
	if err != nil || text == "" {
		*n = 0
		return err
	}
	if whole, zeros, found := strings.Cut(text, "."); found && strings.Trim(zeros, "0") == "" {
		text = whole // 10.0 is how some versions wrote a percentage
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%.60q is no integer of 64 bits", text)
	}
	*n = number(value)
	return nil
}

// plain returns the text of a JSON string or number; null is "".
func plain(raw []byte) (string, error) {
	switch {
	case bytes.Equal(raw, []byte("null")):
		return "", nil
	case len(raw) > 0 && raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	default:
		return string(raw), nil
	}
}

// A coin is an amount of upokt, written as an object with a denomination or, in some versions, as text such as "5upokt". null is 0.
type coin pocket.Upokt

// UnmarshalJSON reads either spelling, and refuses coins that are no upokt.
func (c *coin) UnmarshalJSON(raw []byte) error {
	*c = 0
	if len(raw) > 0 && raw[0] == '{' {
		var object struct {
			Denom  string `json:"denom"`
			Amount string `json:"amount"`
		}
		if err := json.Unmarshal(raw, &object); err != nil {
			return err
		}
		if object.Denom != "upokt" {
			return fmt.Errorf("coin of %.60q, want upokt", object.Denom)
		}
		raw = strconv.AppendQuote(nil, object.Amount)
	}
	text, err := plain(raw)
	if err != nil || text == "" && string(raw) == "null" {
		return err
	}
	amount, err := pocket.ParseUpokt(text)
	*c = coin(amount)
	return err
}
