package pockettest

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

// A wireEvent is an event as a node tells it.
type wireEvent interface {
	// name is its type, such as pocket.tokenomics.EventClaimSettled.
	name() string
	// write adds its attributes, in the node's order.
	write(*attributes)
	// truth returns the same in package pocket's words, nil when it has none for it.
	truth(pocket.At) pocket.Event
}

// A placed event also tells where it happened: mode=BeginBlock, mode=EndBlock or msg_index=0 stands behind its attributes.
type placed struct {
	wireEvent
	tail attribute // no key for what belongs to a transaction but to none of its messages
}

func begin(e wireEvent) placed { return placed{e, attribute{"mode", "BeginBlock"}} }
func end(e wireEvent) placed   { return placed{e, attribute{"mode", "EndBlock"}} }
func message(i int, e wireEvent) placed {
	return placed{e, attribute{"msg_index", strconv.Itoa(i)}}
}

// appendAttributes adds all attributes of the event to list.
func (p placed) appendAttributes(list []attribute) []attribute {
	a := attributes{list}
	p.write(&a)
	if p.tail.key != "" {
		a.list = append(a.list, p.tail)
	}
	return a.list
}

type attribute struct{ key, value string }

// attributes collects an event's attributes. Those of typed events hold JSON: text and 64-bit integers in quotes, small
// integers and booleans bare.
type attributes struct{ list []attribute }

func (a *attributes) bare(key, value string)                 { a.list = append(a.list, attribute{key, value}) }
func (a *attributes) small(key string, n int64)              { a.bare(key, strconv.FormatInt(n, 10)) }
func (a *attributes) text(key, value string)                 { a.bare(key, quoted(value)) }
func (a *attributes) address(key string, who pocket.Address) { a.bare(key, `"`+who.String()+`"`) }
func (a *attributes) number(key string, n int64)             { a.bare(key, `"`+strconv.FormatInt(n, 10)+`"`) }
func (a *attributes) coin(key string, amount pocket.Upokt)   { a.bare(key, `"`+amount.Coin()+`"`) }

// quoted returns s as a JSON string.
func quoted(s string) string { return string(appendQuoted(make([]byte, 0, len(s)+8), s)) }

// appendQuoted appends s as a JSON string, as encoding/json writes it.
func appendQuoted(b []byte, s string) []byte {
	from := 0
	start := len(b)
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(append(b, s[from:i]...), '\\', c)
			from = i + 1
		case c < 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '&':
			text, _ := json.Marshal(s) // a string always encodes
			return append(b[:start], text...)
		}
	}
	return append(append(b, s[from:]...), '"')
}

// appendJSON appends the event as it stands in /block_results. scratch is kept for the next event.
func (p placed) appendJSON(b []byte, scratch *[]attribute) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, p.name()...)
	b = append(b, `","attributes":[`...)
	*scratch = p.appendAttributes((*scratch)[:0])
	for i, a := range *scratch {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"key":"`...)
		b = append(b, a.key...)
		b = append(b, `","value":`...)
		b = appendQuoted(b, a.value)
		b = append(b, `,"index":true}`...)
	}
	return append(b, "]}"...)
}

// plain is an event of the SDK, or one that was recorded: its attributes stand as they are.
type plain struct {
	kind string
	list []attribute
}

func (p plain) name() string                 { return p.kind }
func (p plain) write(a *attributes)          { a.list = append(a.list, p.list...) }
func (p plain) truth(pocket.At) pocket.Event { return nil }

// sdk returns an event of the SDK: keys and values by turns.
func sdk(kind string, keysAndValues ...string) plain {
	p := plain{kind: kind, list: make([]attribute, 0, len(keysAndValues)/2)}
	for pair := range slices.Chunk(keysAndValues, 2) {
		p.list = append(p.list, attribute{pair[0], pair[1]})
	}
	return p
}

// moved returns the four events of coins going from one account to another.
func moved(from, to, amount string) []wireEvent {
	return []wireEvent{
		sdk("coin_spent", "spender", from, "amount", amount),
		sdk("coin_received", "receiver", to, "amount", amount),
		sdk("transfer", "recipient", to, "sender", from, "amount", amount),
		sdk("message", "sender", from),
	}
}
