package shannon

import "bytes"

// event steps over an event and returns it as it is written. It puts the event's type into f, and when the event is written the way
// that nodes write it, the attributes as well.
func (s *bodyScanner) event(f *eventFields) ([]byte, error) {
	f.reset()
	if part := s.buf[s.pos:s.end]; f.quick(part) {
		s.pos += f.end
		return part[:f.end], nil
	}
	raw, err := s.value()
	if err != nil {
		return nil, err
	}
	if f.reset(); !f.quick(raw) { // the quick way may have met the end of the buffer only
		f.reset()
		f.kind = kindOf(raw)
		f.hidden = bytes.Contains(raw, []byte(`\u`))
	}
	return raw, nil
}

// reset forgets the last event.
func (f *eventFields) reset() {
	f.kind, f.list, f.listed, f.hidden, f.end = nil, f.list[:0], false, false, 0
	f.next, f.claim, f.claimed, f.err = 0, nil, false, nil
}

// quick reads the event at the start of b when it is written as nodes write it, without white space and with the fields in one order. It
// returns false for any other event, be it sound or not, and for one that b holds only the beginning of.
func (f *eventFields) quick(b []byte) bool {
	i, ok := follows(b, 0, `{"type":"`)
	if !ok {
		return false
	}
	end, kinds, err := textEnd(b, i)
	if err != nil || kinds != 0 {
		return false
	}
	f.kind = b[i : end-1]
	if i, ok = follows(b, end, `,"attributes":[`); !ok {
		return false
	}
	for len(f.list) == 0 || b[i] == ',' {
		if len(f.list) > 0 {
			i++
		}
		if i, ok = f.quickAttribute(b, i); !ok || i >= len(b) {
			return false
		}
	}
	f.end, f.listed = i+2, true
	return i+2 <= len(b) && b[i] == ']' && b[i+1] == '}'
}

// quickAttribute reads an attribute that starts at b[i], and returns the index behind it.
func (f *eventFields) quickAttribute(b []byte, i int) (int, bool) {
	name, ok := follows(b, i, `{"key":"`)
	if !ok {
		return i, false
	}
	end, kinds, err := textEnd(b, name)
	if err != nil || kinds != 0 {
		return i, false
	}
	value, ok := follows(b, end, `,"value":"`)
	if !ok {
		return i, false
	}
	behind, kinds, err := textEnd(b, value)
	if err != nil {
		return i, false
	}
	f.hidden = f.hidden || kinds&withNumbers != 0
	f.list = append(f.list, eventAttribute{b[name : end-1], b[value : behind-1]})
	if i, ok = follows(b, behind, `,"index":true}`); !ok {
		i, ok = follows(b, behind, `,"index":false}`)
	}
	return i, ok
}

// follows reports whether text stands at b[i], and returns the index behind it.
func follows(b []byte, i int, text string) (int, bool) {
	if end := i + len(text); end <= len(b) && string(b[i:end]) == text {
		return end, true
	}
	return i, false
}

// kindOf returns the type of an event written in any way, nil when it has none.
func kindOf(raw []byte) []byte {
	c := cursor{b: raw}
	c.need('{')
	for first := true; ; first = false {
		name, ok := c.field(first)
		if !ok {
			return nil
		}
		value := c.value()
		if string(unescape(nil, name)) == "type" && len(value) > 2 && value[0] == '"' {
			return unescape(nil, value[1:len(value)-1])
		}
	}
}

// complete makes sure that the attributes of the event are listed. It reports whether they are a list of names and values.
func (f *eventFields) complete(raw []byte) bool {
	if f.listed {
		return true
	}
	f.list, f.listed = f.list[:0], true
	types, lists := 0, 0
	c := cursor{b: raw}
	c.need('{')
	for first := true; ; first = false {
		name, ok := c.field(first)
		if !ok {
			break
		}
		switch string(unescape(nil, name)) {
		case "type":
			types++
			c.text()
		case "attributes":
			lists++
			f.readList(&c)
		default:
			c.value()
		}
	}
	return c.end() && types == 1 && lists <= 1
}

func (f *eventFields) readList(c *cursor) {
	if !c.take('[') {
		c.bad = c.bad || string(c.value()) != "null"
		return
	}
	for first := true; c.element(first); first = false {
		var a eventAttribute
		names, values := 0, 0
		c.need('{')
		for first := true; ; first = false {
			name, ok := c.field(first)
			if !ok {
				break
			}
			switch string(unescape(nil, name)) {
			case "key":
				names++
				a.name = unescape(nil, c.text())
			case "value":
				values++
				if c.take('"') {
					c.i--
					a.value = c.text()
				} else if string(c.value()) != "null" {
					c.bad = true
				}
			default:
				c.value()
			}
		}
		if c.bad || names != 1 || values > 1 {
			c.bad = true
			return
		}
		f.list = append(f.list, a)
	}
}
