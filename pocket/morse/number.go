package morse

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A number is an integer in JSON, which a node writes as a number in one answer and as a string in another.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" || text == "" {
		return nil
	}
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		*n = number(v)
		return nil
	}
	if len(text) > 40 {
		return fmt.Errorf("%.40q… is no integer", text)
	}
	// A number that went through a float may be written as 1e21.
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return fmt.Errorf("%q is no integer of 64 bits", text)
	}
	*n = number(r.Num().Int64())
	return nil
}

// A coins is how accounts hold amounts: a list of coins, of which the chain has one kind.
type coins []struct {
	Amount pocket.Upokt `json:"amount"`
	Denom  string       `json:"denom"`
}

func (c coins) upokt() pocket.Upokt {
	var sum pocket.Upokt
	for _, coin := range c {
		if coin.Denom == "upokt" {
			sum += coin.Amount
		}
	}
	return sum
}

// inner decodes JSON that stands in a JSON string. Some answers are written that way, others as they are.
func inner(b json.RawMessage, v any) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		return json.Unmarshal([]byte(text), v)
	}
	return json.Unmarshal(b, v)
}
