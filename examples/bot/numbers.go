package bot

import (
	"regexp"
	"strings"
)

// numbers is how numbers are written in the chat: by the two marks of 1,234.56. The zero value is that.
type numbers string

// numberStyles are the ways that may be chosen, each as 1234.56 looks in it.
func numberStyles() []string { return []string{"1,234.56", "1.234,56", "1 234,56", "1'234.56"} }

// marks returns what stands between thousands, and before the decimals.
func (n numbers) marks() (thousands, point string) {
	switch n {
	case "1.234,56":
		return ".", ","
	case "1 234,56":
		return "\u202f", "," // a narrow space at which no line is broken
	case "1'234.56":
		return "'", "."
	}
	return ",", "."
}

// written finds numbers as this program writes them. What stands beside letters, slashes, colons, other points and the like is no number: a
// version, an address, a date, a time, a URL.
var written = regexp.MustCompile(`[^\s()]+`)

var number = regexp.MustCompile(`^([+\-−≈~<>$€£]*)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?([%,;.:]?)$`)

// text writes the numbers in a line of ours in another way.
func (n numbers) text(line string) string {
	thousands, point := n.marks()
	if thousands == "," {
		return line
	}
	return written.ReplaceAllStringFunc(line, func(word string) string {
		m := number.FindStringSubmatch(word)
		if m == nil {
			return word
		}
		whole := strings.ReplaceAll(m[2], ",", thousands)
		if m[3] != "" {
			whole += point + m[3][1:]
		}
		return m[1] + whole + m[4]
	})
}

// part writes the numbers in a part of a reply in another way. Files have a setting of their own.
func (n numbers) part(p Part) Part {
	thousands, _ := n.marks()
	if thousands == "," {
		return p
	}
	lines := func(list []string) []string {
		changed := make([]string, len(list))
		for i, line := range list {
			changed[i] = n.text(line)
		}
		return changed
	}
	switch p := p.(type) {
	case Text:
		return Text{Title: n.text(p.Title), Lines: lines(p.Lines)}
	case Menu:
		return Menu{Title: n.text(p.Title), Lines: lines(p.Lines), Rows: p.Rows}
	case Picture:
		p.Caption = n.text(p.Caption)
		return p
	case File:
		p.Caption = n.text(p.Caption)
		return p
	case Table:
		p.Options.Number = n.text
		p.Notes = lines(p.Notes)
		return p
	}
	return p
}
