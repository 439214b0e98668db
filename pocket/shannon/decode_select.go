package shannon

import (
	"bytes"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A chooser tells which events a [pocket.Selection] keeps. It looks at an event as it is written first, to pass over most without
// decoding them. That look may only pass over what is surely not wanted: an event it lets through is looked at again, decoded.
type chooser struct {
	kinds    map[pocket.Kind]bool // nil when all are wanted
	mentions map[string]bool      // nil when all are wanted; the canonical spelling of each address
	lengths  []int                // how long the mentioned addresses are, each length once
	morse    bool                 // one of them is a Morse address: no prefix to look for
	pieces   pieces               // of the mentioned addresses
	text     []byte
}

func newChooser(sel pocket.Selection) *chooser {
	c := &chooser{}
	if len(sel.Kinds) > 0 {
		c.kinds = make(map[pocket.Kind]bool, len(sel.Kinds))
		for _, kind := range sel.Kinds {
			c.kinds[kind] = true
		}
	}
	if len(sel.Mentions) > 0 {
		c.mentions = make(map[string]bool, len(sel.Mentions))
		for _, address := range sel.Mentions {
			if address.IsZero() {
				continue // nobody is not mentioned anywhere
			}
			text := address.String()
			c.mentions[text] = true
			c.morse = c.morse || address.Kind() == pocket.MorseAddress
			if !slices.Contains(c.lengths, len(text)) {
				c.lengths = append(c.lengths, len(text))
			}
		}
		c.pieces = newPieces(c.mentions)
	}
	return c
}

func (c *chooser) wantsKind(kind pocket.Kind) bool { return c.kinds == nil || c.kinds[kind] }

// mayMention reports whether the event that raw holds as it is written may mention a wanted address. False is certain. hidden tells
// that letters may be written as numbers in it, so that no address can be seen.
func (c *chooser) mayMention(raw []byte, hidden bool) bool {
	return c.mentions == nil || c.morse || hidden || c.pieces.seen(raw, c.found)
}

// found reports whether text holds a wanted address.
func (c *chooser) found(text []byte) bool {
	for at := 0; ; {
		next := bytes.IndexByte(text[at:], 'k') // rarer than a p, and at the same place in each prefix: pok
		if next < 0 {
			return false
		}
		at += next + 1
		if at < 3 || at+2 > len(text) || text[at-2] != 'o' || text[at-3] != 'p' || text[at] != 't' {
			continue
		}
		if follows := text[at+1]; follows != '1' && follows != 'v' {
			continue // an amount: upokt
		}
		for _, length := range c.lengths {
			if end := at - 3 + length; end <= len(text) && c.mentions[string(text[at-3:end])] {
				return true
			}
		}
	}
}

// mentioned reports whether an attribute's value holds a wanted address. Values are text, which may hold JSON with escapes of its own.
func (c *chooser) mentioned(attributes []eventAttribute) bool {
	if c.mentions == nil {
		return true
	}
	for i := range attributes {
		text := attributes[i].value
		for range 3 { // as written in the body, the text that this means, and the text that JSON in it means
			if c.holds(text) {
				return true
			}
			if bytes.IndexByte(text, '\\') < 0 || !soundEscapes(text) {
				break
			}
			text = unescape(nil, text)
		}
	}
	return false
}

func (c *chooser) holds(text []byte) bool {
	if c.found(text) {
		return true
	}
	if !c.morse {
		return false
	}
	c.text = append(c.text[:0], bytes.ToLower(text)...)
	for address := range c.mentions {
		if bytes.Contains(c.text, []byte(address)) {
			return true
		}
	}
	return false
}

// soundEscapes reports whether every escape in text is one of JSON's, so that unescape may read it.
func soundEscapes(text []byte) bool {
	for i := 0; ; {
		slash := bytes.IndexByte(text[i:], '\\')
		if slash < 0 {
			return true
		}
		end, err := escapeEnd(text, i+slash)
		if err != nil {
			return false
		}
		i = end
	}
}
