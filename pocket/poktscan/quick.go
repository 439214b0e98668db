package poktscan

import (
	"encoding/json"
	"strings"
	"time"
)

// Settlements and their shares come by the million, and encoding/json takes longer over them than a service near by does. So pages of them
// are read by a cursor that knows the plain shape in which they always come: texts without escapes, numbers of digits, no field that was not
// asked for. Whatever else it meets, encoding/json reads the whole answer. A fuzz test holds one to the other.

// A plain row is one that a cursor can read.
type plain interface{ read(c *cursor) }

// quick reads an answer whose rows are plain. It reports whether it did.
func (l *list[N]) quick(body []byte) bool {
	if _, ok := any(new(N)).(plain); !ok {
		return false
	}
	c := &cursor{text: string(body)}
	c.object(func(name string) {
		if name != "data" || l.List != nil {
			c.bad = true
			return
		}
		c.object(func(name string) {
			switch name {
			case "_metadata":
				c.whole(&l.Metadata)
			case "list":
				l.quickList(c)
			default:
				c.bad = true
			}
		})
	})
	c.space()
	return !c.bad && c.at == len(c.text) && l.List != nil
}

func (l *list[N]) quickList(c *cursor) {
	l.List = &connection[N]{}
	c.object(func(name string) {
		switch name {
		case "pageInfo":
			c.whole(&l.List.PageInfo)
		case "nodes":
			c.array(func() {
				l.List.Nodes = append(l.List.Nodes, *new(N))
				any(&l.List.Nodes[len(l.List.Nodes)-1]).(plain).read(c)
			})
		default:
			c.bad = true
		}
	})
}

// A cursor reads a text from its beginning. Once bad it reads nothing more.
type cursor struct {
	text string
	at   int
	bad  bool

	amounts []amount // room for some, so that each need not be found room for
	when    string   // the last moment and what it was read as: the rows of a block have the same
	moment  time.Time
}

func (c *cursor) space() {
	for c.at < len(c.text) && (c.text[c.at] == ' ' || c.text[c.at] == '\n' || c.text[c.at] == '\r' || c.text[c.at] == '\t') {
		c.at++
	}
}

// take passes over a sign, if it is the next.
func (c *cursor) take(sign byte) bool {
	c.space()
	if c.bad || c.at >= len(c.text) || c.text[c.at] != sign {
		return false
	}
	c.at++
	return true
}

func (c *cursor) need(sign byte) {
	if !c.take(sign) {
		c.bad = true
	}
}

// object calls field for each field of an object, to read its value.
func (c *cursor) object(field func(name string)) {
	c.need('{')
	if c.take('}') {
		return
	}
	for !c.bad {
		name := c.word()
		c.need(':')
		if !c.bad {
			field(name)
		}
		if !c.take(',') {
			c.need('}')
			return
		}
	}
}

// array calls element for each element of an array, to read it.
func (c *cursor) array(element func()) {
	c.need('[')
	if c.take(']') {
		return
	}
	for !c.bad {
		element()
		if !c.take(',') {
			c.need(']')
			return
		}
	}
}

// word reads a text without escapes.
func (c *cursor) word() string {
	c.need('"')
	if c.bad {
		return ""
	}
	n := strings.IndexByte(c.text[c.at:], '"')
	if n < 0 {
		c.bad = true
		return ""
	}
	word := c.text[c.at : c.at+n]
	for i := range n {
		if b := word[i]; b < ' ' || b >= 0x7f || b == '\\' {
			c.bad = true
		}
	}
	c.at += n + 1
	return word
}

func (c *cursor) null() bool {
	c.space()
	if c.bad || !strings.HasPrefix(c.text[c.at:], "null") {
		return false
	}
	c.at += len("null")
	return true
}

// orWord reads a text, which may be null.
func (c *cursor) orWord() string {
	if c.null() {
		return ""
	}
	return c.word()
}

// number reads a whole number in quotation marks.
func (c *cursor) number() number {
	word := c.word()
	if len(word) == 0 || len(word) > 18 || word[0] == '0' && len(word) > 1 {
		c.bad = true
	}
	n := int64(0)
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			c.bad = true
		}
		n = n*10 + int64(word[i]-'0')
	}
	return number(n)
}

func (c *cursor) orNumber() number {
	if c.null() {
		return 0
	}
	return c.number()
}

// orAmount reads an amount, nil for null.
func (c *cursor) orAmount() *amount {
	if c.null() {
		return nil
	}
	if len(c.amounts) == 0 {
		c.amounts = make([]amount, 512)
	}
	a := &c.amounts[0]
	c.amounts = c.amounts[1:]
	*a = amount(c.number())
	return a
}

// stamp reads a moment.
func (c *cursor) stamp() stamp {
	word := c.word()
	if c.bad || word == c.when {
		return stamp{c.moment}
	}
	t, err := parseTime(word)
	if err != nil {
		c.bad = true
	}
	c.when, c.moment = word, t
	return stamp{t}
}

// raw passes over a list of objects whose values are texts or numbers, and returns it.
func (c *cursor) raw() json.RawMessage {
	c.space()
	begin := c.at
	if !c.null() {
		c.array(func() {
			c.object(func(string) {
				c.space()
				if c.at < len(c.text) && c.text[c.at] == '"' {
					c.word()
					return
				}
				from := c.at
				for c.at < len(c.text) && c.text[c.at] >= '0' && c.text[c.at] <= '9' {
					c.at++
				}
				if c.at == from || c.text[from] == '0' && c.at > from+1 {
					c.bad = true
				}
			})
		})
	}
	if c.bad {
		return nil
	}
	return json.RawMessage(c.text[begin:c.at])
}

// whole lets encoding/json read an object without objects in it.
func (c *cursor) whole(into any) {
	c.space()
	begin := c.at
	if c.null() {
		return
	}
	n := strings.IndexByte(c.text[begin:], '}')
	if n < 0 || c.bad || json.Unmarshal([]byte(c.text[begin:begin+n+1]), into) != nil {
		c.bad = true
		return
	}
	c.at = begin + n + 1
}

func (w *wireShare) read(c *cursor) {
	c.object(func(name string) {
		switch name {
		case "id":
			w.ID = c.word()
		case "eventClaimSettledId":
			w.Claim = c.orWord()
		case "recipientId":
			w.Recipient = c.orWord()
		case "opReason":
			w.Reason = c.orWord()
		case "amount":
			w.Amount = c.orAmount()
		case "denom":
			w.Denom = c.orWord()
		default:
			c.bad = true
		}
	})
}

func (w *wireSettled) read(c *cursor) {
	c.object(func(name string) {
		switch name {
		case "id":
			w.ID = c.word()
		case "blockId":
			w.Height = c.number()
		case "block":
			w.Block = &blockOf{}
			c.object(func(name string) {
				switch name {
				case "timestamp":
					w.Block.Timestamp = c.stamp()
				case "hash":
					w.Block.Hash = c.orWord()
				default:
					c.bad = true
				}
			})
		case "supplierId":
			w.Supplier = c.orWord()
		case "supplierOwnerId":
			w.Owner = c.orWord()
		case "applicationId":
			w.Application = c.orWord()
		case "serviceId":
			w.Service = c.orWord()
		case "sessionId":
			w.SessionID = c.orWord()
		case "sessionEndHeight":
			w.SessionEnd = c.orNumber()
		case "proofRequirement":
			w.Requirement = c.orWord()
		case "proofValidationStatus":
			w.Proof = c.orWord()
		case "numRelays":
			w.Relays = c.orNumber()
		case "numEstimatedRelays":
			w.Estimated = c.orNumber()
		case "numClaimedComputedUnits":
			w.ClaimedUnits = c.orNumber()
		case "numEstimatedComputedUnits":
			w.Units = c.orNumber()
		case "claimedAmount":
			w.Claimed = c.orAmount()
		case "settledAmount":
			w.Settled = c.orAmount()
		case "mintedAmount":
			w.Minted = c.orAmount()
		case "mintRatio":
			w.MintRatio = c.orWord()
		case "overservicingLossAmount":
			w.Overserviced = c.orAmount()
		case "deflationLossAmount":
			w.Deflated = c.orAmount()
		case "mints":
			w.Mints = c.raw()
		case "burns":
			w.Burns = c.raw()
		default:
			c.bad = true
		}
	})
}
