package report

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/poktbot/poktbot/pocket"
)

// PageOptions say how [Pages] cuts a table into messages.
type PageOptions struct {
	TextOptions
	// Limit is how long a message may be, counted as chats do, in UTF-16 units, with Open, Close and escapes: 4096 on Telegram, 2000
	// on Discord. 0 is 4096.
	Limit int
	// Open and Close stand around each page's columns, such as "```\n" and "\n```", so that they line up.
	Open, Close string
	// Escape is put on the columns, Heading on the title and the notes, which stand outside of Open and Close: [MarkdownCode] and
	// [Markdown] on Telegram. nil escapes nothing.
	Escape, Heading func(string) string
}

// leastLimit is the shortest page that still can hold a title, a head and a line.
const leastLimit = 400

// leastRoom is what must be left of it for rows.
const leastRoom = 80

// Pages lays t out like [WriteText] and cuts it into messages of at most Limit characters, between rows where that is possible. Nothing is
// left out that TextOptions does not leave out. Each page but an only one says in its title which one of how many it is, and each repeats the
// columns' names.
func Pages(ctx context.Context, t Table, o PageOptions) ([]string, error) {
	if o.Limit == 0 {
		o.Limit = 4096
	}
	if o.Limit < leastLimit {
		return nil, fmt.Errorf("pages of %d characters: want %d or more: %w", o.Limit, leastLimit, pocket.ErrInvalid)
	}
	if o.Escape == nil {
		o.Escape = func(s string) string { return s }
	}
	if o.Heading == nil {
		o.Heading = func(s string) string { return s }
	}
	l, err := newLayout(ctx, t, o.TextOptions)
	if err != nil {
		return nil, err
	}
	title := cut(strings.Join(l.title(), " "), 60)
	room := o.Limit - units(o.Heading(title+" (1000000/1000000)\n")) - units(o.Open) - units(o.Close)
	if room < leastRoom {
		return nil, fmt.Errorf("pages of %d characters: the title and what is put around leave %d: %w", o.Limit, room, pocket.ErrInvalid)
	}
	head := l.head()
	if head != "" {
		if units(o.Escape(head))*2 > room { // hardly room for rows beside it
			head = ""
		} else {
			room -= units(o.Escape(head + "\n"))
		}
	}
	blocks := l.blocks()
	if l.head() != "" {
		blocks = blocks[1:]
	}
	bodies := pack(blocks, room, o.Escape)
	for i, body := range bodies {
		if head != "" {
			body = head + "\n" + body
		}
		heading := ""
		switch {
		case len(bodies) > 1:
			heading = strings.TrimSpace(fmt.Sprintf("%s (%d/%d)", title, i+1, len(bodies))) + "\n"
		case title != "":
			heading = title + "\n"
		}
		bodies[i] = o.Heading(heading) + o.Open + o.Escape(body) + o.Close
	}
	return o.notes(bodies, l.after()), nil
}

// notes adds the notes to the last page, or as pages of their own.
func (o PageOptions) notes(pages, notes []string) []string {
	for _, body := range pack(notes, o.Limit, o.Heading) {
		text := o.Heading(body)
		if last := len(pages) - 1; units(pages[last])+1+units(text) <= o.Limit {
			pages[last] += "\n" + text
			continue
		}
		pages = append(pages, text)
	}
	return pages
}

// pack joins blocks by line ends into texts of at most room units after escaping. A block that is longer alone is cut between its
// lines, and a line that is longer alone between its characters.
func pack(blocks []string, room int, escape func(string) string) []string {
	var out []string
	var page strings.Builder
	used := 0
	add := func(s string) bool {
		size := units(escape(s))
		if used > 0 {
			size += units(escape("\n"))
		}
		if used+size > room {
			return false
		}
		if used > 0 {
			page.WriteByte('\n')
		}
		page.WriteString(s)
		used += size
		return true
	}
	turn := func() {
		if used > 0 {
			out = append(out, page.String())
		}
		page.Reset()
		used = 0
	}
	for _, block := range blocks {
		if add(block) {
			continue
		}
		if turn(); add(block) {
			continue
		}
		for line := range strings.SplitSeq(block, "\n") {
			for _, piece := range pieces(line, room, escape) {
				if !add(piece) {
					turn()
					add(piece)
				}
			}
		}
	}
	turn()
	return out
}

// pieces cuts s into parts of at most room units after escaping.
func pieces(s string, room int, escape func(string) string) []string {
	var out []string
	for units(escape(s)) > room {
		end, used := 0, 0
		for i, r := range s {
			if used += units(escape(string(r))); used > room {
				break
			}
			end = i + utf8.RuneLen(r)
		}
		out, s = append(out, s[:max(end, 1)]), s[max(end, 1):]
	}
	return append(out, s)
}

// units counts s as chats do: in UTF-16, where a picture is two.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x10000 {
			n++
		}
	}
	return n
}
