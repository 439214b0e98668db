package telegramtest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// entities are those that the Bot API knows by name (formatting options, HTML style).
var entities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`}

// elements are those that the Bot API knows and a bot like ours uses.
var elements = map[string]bool{"b": true, "strong": true, "i": true, "em": true, "u": true, "s": true, "code": true, "pre": true}

// Parse returns the text of a message in Telegram's HTML, without its markup, or an error such as Telegram's.
func Parse(html string) (string, error) {
	if !utf8.ValidString(html) {
		return "", fmt.Errorf("strings must be encoded in UTF-8")
	}
	var text strings.Builder
	var open []string
	for i := 0; i < len(html); {
		switch c := html[i]; c {
		case '<':
			end := strings.IndexByte(html[i:], '>')
			if end < 0 {
				return "", fmt.Errorf("can't parse entities: Unclosed start tag at byte offset %d", i)
			}
			tag := html[i+1 : i+end]
			if closing, ok := strings.CutPrefix(tag, "/"); ok {
				if len(open) == 0 || open[len(open)-1] != closing {
					return "", fmt.Errorf("can't parse entities: Unexpected end tag at byte offset %d", i)
				}
				open = open[:len(open)-1]
			} else {
				if !elements[tag] {
					return "", fmt.Errorf("can't parse entities: Unsupported start tag %q at byte offset %d", tag, i)
				}
				for _, outer := range open { // pre and code can't contain other entities
					if outer == "pre" || outer == "code" {
						return "", fmt.Errorf("can't parse entities: %q inside %q", tag, outer)
					}
				}
				open = append(open, tag)
			}
			i += end + 1
		case '&':
			end := strings.IndexByte(html[i:], ';')
			if end < 0 || entities[html[i+1:i+end]] == "" {
				return "", fmt.Errorf("can't parse entities: unknown entity at byte offset %d", i)
			}
			text.WriteString(entities[html[i+1:i+end]])
			i += end + 1
		case '>':
			return "", fmt.Errorf("can't parse entities: unescaped > at byte offset %d", i)
		default:
			text.WriteByte(c)
			i++
		}
	}
	if len(open) > 0 {
		return "", fmt.Errorf("can't parse entities: Can't find end tag corresponding to start tag %q", open[len(open)-1])
	}
	return text.String(), nil
}
