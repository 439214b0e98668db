package chat

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/poktbot/poktbot/examples/bot"
)

// A line is one line of a message, without its end.
type line []Span

// plainly is the text without emphasis.
func (r Rich) plainly() Rich {
	var b strings.Builder
	for _, span := range r {
		b.WriteString(span.Text)
	}
	return Rich{{Text: b.String()}}
}

// String is the text without emphasis.
func (r Rich) String() string { return r.plainly()[0].Text }

// join makes lines a text. Lines of a table become one block.
func join(lines []line) Rich {
	pieces := make([]struct {
		style Style
		b     *strings.Builder
	}, 0, len(lines))
	write := func(style Style, text string) {
		if n := len(pieces); n == 0 || pieces[n-1].style != style {
			pieces = append(pieces, struct {
				style Style
				b     *strings.Builder
			}{style, &strings.Builder{}})
		}
		pieces[len(pieces)-1].b.WriteString(text)
	}
	for i, l := range lines {
		if i > 0 {
			style := Plain
			if n := len(pieces); n > 0 && pieces[n-1].style == Block && len(l) > 0 && l[0].Style == Block {
				style = Block
			}
			write(style, "\n")
		}
		for _, span := range l {
			if span.Text != "" {
				write(span.Style, span.Text)
			}
		}
	}
	rich := make(Rich, len(pieces))
	for i, p := range pieces {
		rich[i] = Span{Text: p.b.String(), Style: p.style}
	}
	return rich
}

// A sheet is text that may be too long for one message. Its head stands on each of its pages.
type sheet struct {
	head, lines []line
	records     bool // lines that stand in belong to the one before
}

func (s sheet) whole() []line { return slices.Concat(s.head, s.lines) }

// textSheet is a heading and lines.
func textSheet(title string, lines []string) sheet {
	var s sheet
	if title := plain(title); !blank(title) {
		s.head = []line{{{Text: title, Style: Strong}}}
	}
	for _, l := range lines {
		s.lines = append(s.lines, line{{Text: plain(l)}})
	}
	for len(s.lines) > 0 && Rich(s.lines[len(s.lines)-1]).blank() {
		s.lines = s.lines[:len(s.lines)-1]
	}
	return s
}

// tableSheet is a laid out table: a title, the block, and notes.
func tableSheet(title, text string, notes []string) sheet {
	s := textSheet(title, nil)
	rows := strings.Split(strings.TrimRight(block(text), "\n"), "\n")
	s.records = true
	if len(rows) > 2 && rows[1] != "" && strings.Trim(rows[1], "─") == "" {
		s.records = false
		for _, row := range rows[:2] {
			s.head = append(s.head, line{{Text: row, Style: Block}})
		}
		rows = rows[2:]
	}
	for _, row := range rows {
		s.lines = append(s.lines, line{{Text: row, Style: Block}})
	}
	for _, note := range notes {
		if note = plain(note); !blank(note) {
			s.lines = append(s.lines, line{{Text: note, Style: Faint}})
		}
	}
	return s
}

// mostPages is how many pages a reply has at most: nobody turns more, and each takes memory.
const mostPages = 200

// cut makes pages of a sheet, each of which fits the platform.
func (e *Engine) cut(s sheet) []Rich {
	fits := func(lines []line) bool {
		return bytesOf(lines) <= utf8.UTFMax*e.limits.Text && e.platform.Measure(join(lines)) <= e.limits.Text
	}
	head, lines := s.head, s.lines
	if len(lines) == 0 {
		head, lines = nil, s.head
	}
	if len(head) > 0 && e.platform.Measure(join(head)) > e.limits.Text/3 { // hardly room for what it stands over
		head, lines = nil, s.whole()
	}
	lines = slices.Clone(lines)
	var pages []Rich
	for len(lines) > 0 {
		if len(pages) == mostPages-1 && !fits(slices.Concat(head, lines)) {
			pages = slices.DeleteFunc(pages, Rich.blank)
			return append(pages, Rich{{Text: "More does not fit a chat. Ask for a shorter range, or for a file: /help report", Style: Faint}})
		}
		n := most(len(lines), func(n int) bool { return fits(slices.Concat(head, lines[:n])) })
		if n == 0 {
			var first line
			first, lines[0] = e.split(head, lines[0])
			pages = append(pages, join(append(slices.Clone(head), first)))
			continue
		}
		if s.records && n < len(lines) {
			n = together(lines, n)
		}
		pages = append(pages, join(slices.Concat(head, lines[:n])))
		lines = lines[n:]
	}
	return slices.DeleteFunc(pages, Rich.blank)
}

// bytesOf is how long lines are: what has more bytes than any text of that many letters need not be measured.
func bytesOf(lines []line) (n int) {
	for _, l := range lines {
		for _, span := range l {
			n += len(span.Text)
		}
	}
	return n
}

// together is where to cut at most n lines so that what belongs together stays so, if it is not too much.
func together(lines []line, n int) int {
	inside := func(l line) bool { return len(l) > 0 && l[0].Style == Block && strings.HasPrefix(l[0].Text, "  ") }
	for at := n; at > n/2; at-- {
		if !inside(lines[at]) {
			return at
		}
	}
	return n
}

// most returns the greatest n up to limit for which ok holds, when it holds for all below it, too. It asks little more than needed, since asking about much takes
// long.
func most(limit int, ok func(int) bool) int {
	low, high := 0, 1
	for high <= limit && ok(high) {
		low, high = high, high*2
	}
	high = min(high, limit+1)
	for high-low > 1 {
		if middle := (low + high) / 2; ok(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// split cuts a line so that its first piece fits below head, between words if there are any.
func (e *Engine) split(head []line, l line) (first, rest line) {
	l, beyond := l.at(e.limits.Text + 1) // no more letters than that can fit
	runes := []rune(Rich(l).String())
	n := most(len(runes), func(n int) bool {
		first, _ := l.at(n)
		return e.platform.Measure(join(append(slices.Clone(head), first))) <= e.limits.Text
	})
	n = max(n, 1)
	if n < len(runes) {
		n = cutBefore(runes, n)
	}
	first, rest = l.at(n)
	return first, append(slices.Clip(rest), beyond...)
}

// cutBefore is where to cut runes at n or somewhat before: between words, and not inside of a sign that is made of several.
func cutBefore(runes []rune, n int) int {
	for at := n; at > n*3/4; at-- {
		if runes[at-1] == ' ' {
			return at
		}
	}
	for at := n; at > max(n-16, 1); at-- {
		if r := runes[at]; r != '\u200d' && runes[at-1] != '\u200d' && !unicode.In(r, unicode.Mn, unicode.Me) {
			return at
		}
	}
	return n
}

// at cuts a line after n runes.
func (l line) at(n int) (first, rest line) {
	for i, span := range l {
		length := utf8.RuneCountInString(span.Text)
		if n >= length {
			first = append(first, span)
			n -= length
			continue
		}
		if n > 0 {
			end := 0
			for range n {
				_, size := utf8.DecodeRuneInString(span.Text[end:])
				end += size
			}
			first = append(first, Span{span.Text[:end], span.Style})
			span.Text = span.Text[end:]
		}
		return first, append(line{span}, l[i+1:]...)
	}
	return first, nil
}

// caption cuts text to what fits below a picture. The rest is for a message of its own.
func (e *Engine) caption(text string) (caption Rich, rest []line) {
	text = plain(text)
	if blank(text) {
		return nil, nil
	}
	fits := func(s string) bool {
		return e.limits.Caption > 0 && e.platform.Measure(Rich{{Text: s}}) <= e.limits.Caption
	}
	if fits(text) {
		return Rich{{Text: text}}, nil
	}
	runes := []rune(text)
	n := most(len(runes), func(n int) bool { return fits(string(runes[:n]) + "…") })
	if n == 0 {
		return nil, []line{{{Text: text}}}
	}
	n = cutBefore(runes, n)
	return Rich{{Text: string(runes[:n]) + "…"}}, []line{{{Text: "…" + string(runes[n:])}}}
}

// spelled are buttons for a platform that has none.
func spelled(rows [][]bot.Button) []line {
	var lines []line
	for _, row := range rows {
		for _, b := range row {
			lines = append(lines, line{{Text: plain(b.Label) + ": "}, {Text: plain(b.Line), Style: Code}})
		}
	}
	return lines
}
