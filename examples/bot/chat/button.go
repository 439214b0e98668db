package chat

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// A menu is what is kept of a message with buttons. What its buttons are called begins with its group, which nobody can guess, so that a press names
// the menu, and what it means is looked up here: nothing that comes back from a platform is believed.
type menu struct {
	Kind  string         `json:"kind"`
	From  string         `json:"from,omitempty"` // who may press; "" is everybody in the chat
	Chat  string         `json:"chat"`
	Text  Rich           `json:"text,omitempty"` // what stands above the buttons
	Rows  [][]bot.Button `json:"rows,omitempty"`
	Line  string         `json:"line,omitempty"` // what was asked, or what the answer of a prompt is added to
	Part  int            `json:"part,omitempty"` // which of the long texts of a reply it is
	Until time.Time      `json:"until,omitzero"` // of a prompt
}

// The kinds of menus.
const (
	kindMenu   = "menu"   // one press, then it is over
	kindPrompt = "prompt" // the same, and a text is as good as a press
	kindPages  = "pages"  // of a long text
	kindAlert  = "alert"  // buttons that stay
)

// space is where the engine keeps something: apart from what the engines of other platforms keep.
func (e *Engine) space(what string) string { return "chat." + e.platform.Name() + "." + what }

const groupLength = 22 // 128 bits

// newGroup returns a name for a menu that nobody can guess.
func newGroup() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// What a press does stands behind the group, with a number.
const (
	doButton = 'b'
	doPage   = 'p'
	doCancel = 'x'
)

func buttonID(group string, do byte, n int) string { return group + string(do) + strconv.Itoa(n) }

// parseButton takes what was pressed apart.
func parseButton(id string) (group string, do byte, n int, ok bool) {
	if len(id) < groupLength+2 || len(id) > 40 {
		return "", 0, 0, false
	}
	n, err := strconv.Atoi(id[groupLength+1:])
	return id[:groupLength], id[groupLength], n, err == nil && n >= 0
}

// keepMenu keeps a menu, and returns its group. It is kept before its message is sent: whoever presses at once finds it.
func (e *Engine) keepMenu(ctx context.Context, m menu, lasts time.Duration) (string, error) {
	group := newGroup()
	value, err := json.Marshal(m)
	if err == nil {
		err = e.keep.Put(ctx, keep.Entry{Space: e.space("menus"), Key: group, Value: value, Expires: time.Now().Add(lasts)})
	}
	if err != nil {
		return "", fmt.Errorf("keep buttons: %w", err)
	}
	return group, nil
}

// bind notes on which message a menu stands. Until then any message of the chat is believed to be it.
func (e *Engine) bind(ctx context.Context, group, message string, lasts time.Duration) error {
	if message == "" {
		return nil
	}
	err := e.keep.Put(ctx, keep.Entry{Space: e.space("messages"), Key: group, Value: []byte(message), Expires: time.Now().Add(lasts)})
	if err != nil {
		return fmt.Errorf("keep buttons: %w", err)
	}
	return nil
}

// menuOf returns a menu that is kept, nil when it is no more.
func (e *Engine) menuOf(ctx context.Context, group string) (*menu, error) {
	return readMenu(e.keep.Get(ctx, e.space("menus"), group))
}

// takeMenu returns a menu and forgets it: of several who press at once, one gets it.
func (e *Engine) takeMenu(ctx context.Context, group string) (*menu, error) {
	m, err := readMenu(e.keep.Take(ctx, e.space("menus"), group))
	if err == nil && m != nil {
		err = e.keep.Delete(ctx, e.space("messages"), group)
	}
	return m, err
}

func readMenu(entry keep.Entry, err error) (*menu, error) {
	if errors.Is(err, keep.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("buttons: %w", err)
	}
	var m menu
	if err := json.Unmarshal(entry.Value, &m); err != nil {
		return nil, nil // a newer or older version kept it: it is as good as gone
	}
	return &m, nil
}

// A pressing is a menu of which a button was pressed.
type pressing struct {
	message string
	text    Rich
}

// What is said to who presses what is not for him, or no more.
const (
	wordNotYours = "This button is not yours."
	wordOld      = "This menu is old: /menu"
	wordDone     = "This was done already."
)

// notice says a word to who pressed.
func (e *Engine) notice(ctx context.Context, u Update, word string) error {
	if u.Notice != nil {
		u.Notice(word)
		return nil
	}
	if !u.Direct || e.floods.ask(u.From, 1) != floodPass {
		return nil
	}
	_, err := e.outlet(u).send(ctx, Message{Text: Rich{{Text: word}}, Private: true})
	return err
}

// press does what a button stands for.
func (e *Engine) press(ctx context.Context, u Update) error {
	group, do, n, ok := parseButton(u.Press)
	if !ok {
		return e.notice(ctx, u, wordOld)
	}
	m, err := e.menuOf(ctx, group)
	if err != nil {
		return err
	}
	if m == nil {
		return e.notice(ctx, u, wordOld)
	}
	if m.Chat != u.Chat || m.From != "" && m.From != u.From {
		return e.notice(ctx, u, wordNotYours)
	}
	message, err := e.keep.Get(ctx, e.space("messages"), group)
	switch {
	case err != nil && !errors.Is(err, keep.ErrNone):
		return fmt.Errorf("buttons: %w", err)
	case err == nil && u.Message != "" && string(message.Value) != u.Message:
		return e.notice(ctx, u, wordOld)
	case m.Kind == kindPrompt && !m.Until.After(time.Now()):
		return e.notice(ctx, u, wordOld)
	}
	switch do {
	case doPage:
		return e.turn(ctx, u, group, m, n)
	case doCancel:
		return e.cancelPressed(ctx, u, group, m)
	case doButton:
		if m.Kind == kindAlert {
			return e.pressAlert(ctx, u, m, n)
		}
		return e.pressMenu(ctx, u, group, n)
	}
	return e.notice(ctx, u, wordOld)
}

// button returns the nth button.
func (m *menu) button(n int) (bot.Button, bool) {
	for _, row := range m.Rows {
		if n < len(row) {
			return row[n], true
		}
		n -= len(row)
	}
	return bot.Button{}, false
}

// pressMenu takes a menu, and answers the line of its button.
func (e *Engine) pressMenu(ctx context.Context, u Update, group string, n int) error {
	end, err := e.admit(ctx, u)
	if err != nil {
		return err
	}
	defer end()
	if err := u.once(ctx); err != nil { // its menu is gone afterwards
		return err
	}
	m, err := e.takeMenu(ctx, group)
	if err != nil {
		return err
	}
	if m == nil {
		return e.notice(ctx, u, wordOld)
	}
	if m.Kind == kindPrompt {
		if err := e.forgetPrompt(ctx, u, group); err != nil {
			return err
		}
	}
	button, ok := m.button(n)
	if !ok {
		return e.notice(ctx, u, wordOld)
	}
	line := button.Line
	if m.Kind == kindPrompt && !isCommandLine(line) {
		line = added(m.Line, line, button.Label)
	}
	return e.answer(ctx, u, &pressing{message: u.Message, text: m.Text}, line)
}

// turn shows another page: of a long text, or of many buttons.
func (e *Engine) turn(ctx context.Context, u Update, group string, m *menu, n int) error {
	if e.floods.ask(u.From, pageCost) != floodPass {
		return nil
	}
	if m.Kind != kindPages {
		boards := e.boards(group, m)
		if n >= len(boards) {
			return e.notice(ctx, u, wordOld)
		}
		return e.replace(ctx, u, group, Message{Text: m.Text, Buttons: boards[n]})
	}
	pages := e.pages.get(group)
	if pages == nil {
		var err error
		if pages, err = e.pagesAgain(ctx, u, m); err != nil || pages == nil {
			return err
		}
		e.pages.put(group, pages)
	}
	return e.replace(ctx, u, group, pageOf(group, pages, min(n, len(pages)-1)))
}

// pageCost is what turning a page costs, beside 1 for a command.
const pageCost = 0.2

// replace edits the message that was pressed.
func (e *Engine) replace(ctx context.Context, u Update, group string, m Message) error {
	id, err := e.outlet(u).edit(ctx, u.Message, m)
	if err != nil || id == u.Message {
		return err
	}
	return e.bind(ctx, group, id, e.buttonTime)
}

// pagesAgain asks for a long text once more, after a restart. It returns nil when who pressed was told why there is none.
func (e *Engine) pagesAgain(ctx context.Context, u Update, m *menu) ([]Rich, error) {
	if !repeatable(m.Line) {
		return nil, e.notice(ctx, u, wordOld)
	}
	end, err := e.admit(ctx, u)
	if err != nil {
		return nil, err
	}
	defer end()
	ctx, cancel := context.WithTimeoutCause(ctx, e.patience, errPatience)
	defer cancel()
	part := 0
	for p, err := range e.bot.Answer(ctx, e.request(u, m.Line)) {
		if err != nil {
			return nil, e.notice(ctx, u, clip(errorLines(err)[0], noticeLength))
		}
		var s sheet
		switch p := p.(type) {
		case bot.Text:
			s = textSheet(p.Title, p.Lines)
		case bot.Table:
			if s, err = e.table(ctx, p); err != nil {
				return nil, e.notice(ctx, u, clip(errorLines(err)[0], noticeLength))
			}
		default:
			continue
		}
		pages := e.cut(s)
		if len(pages) < 2 {
			continue
		}
		if part == m.Part {
			return pages, nil
		}
		part++
	}
	return nil, e.notice(ctx, u, wordOld)
}

// repeatable reports whether a line can be asked again by somebody who only wants to read on: it must do nothing.
func repeatable(text string) bool {
	line, err := bot.ParseLine(text)
	if err != nil {
		return false
	}
	switch line.Name {
	case "ack", "unmute", "test", "join", "invite", "forget":
		return false
	case "mute", "settings":
		return len(line.Args) == 0
	case "node", "wallet", "user":
		return len(line.Args) == 0 || slices.Contains([]string{"show", "list"}, strings.ToLower(line.Args[0]))
	}
	return true
}

// pageOf is a page of a long text.
func pageOf(group string, pages []Rich, n int) Message {
	return Message{Text: pages[n], Buttons: [][]Button{turner(group, n, len(pages))}}
}

// turner is the row of buttons that turns pages: back, where one is, and on. Beyond the ends it goes on at the other end.
func turner(group string, n, of int) []Button {
	return []Button{
		{ID: buttonID(group, doPage, (n+of-1)%of), Label: "◀"},
		{ID: buttonID(group, doPage, n), Label: fmt.Sprintf("%d/%d", n+1, of)},
		{ID: buttonID(group, doPage, (n+1)%of), Label: "▶"},
	}
}

// hasButtons reports whether the platform has enough of them: a row of some, a row to turn pages, and one to cancel.
func (e *Engine) hasButtons() bool { return e.limits.Rows >= 3 && e.limits.Columns >= 3 }

// boards are the pages of a menu's buttons; one page, mostly.
func (e *Engine) boards(group string, m *menu) [][][]Button {
	var rows [][]Button
	n := 0
	for _, row := range m.Rows {
		var shown []Button
		for _, b := range row {
			if len(shown) == e.limits.Columns {
				rows, shown = append(rows, shown), nil
			}
			shown = append(shown, Button{ID: buttonID(group, doButton, n), Label: clip(plain(b.Label), e.limits.Label)})
			n++
		}
		if len(shown) > 0 {
			rows = append(rows, shown)
		}
	}
	var last [][]Button // on every page
	if m.Kind == kindPrompt {
		last = append(last, []Button{{ID: buttonID(group, doCancel, 0), Label: clip("✖ Cancel", e.limits.Label)}})
	}
	if len(rows)+len(last) <= e.limits.Rows {
		return [][][]Button{append(rows, last...)}
	}
	room := max(e.limits.Rows-len(last)-1, 1)
	var boards [][][]Button
	count := (len(rows) + room - 1) / room
	for i := range count {
		page := append([][]Button{}, rows[i*room:min((i+1)*room, len(rows))]...)
		boards = append(boards, append(append(page, turner(group, i, count)), last...))
	}
	return boards
}

// pressable are the buttons that can be pressed and read.
func pressable(rows [][]bot.Button, wordless bool) [][]bot.Button {
	var kept [][]bot.Button
	for _, row := range rows {
		var shown []bot.Button
		for _, b := range row {
			if !blank(plain(b.Label)) && (b.Line != "" || wordless) {
				shown = append(shown, b)
			}
		}
		if len(shown) > 0 {
			kept = append(kept, shown)
		}
	}
	return kept
}

// menu sends a menu.
func (r *reply) menu(ctx context.Context, p bot.Menu) error {
	s := textSheet(p.Title, p.Lines)
	rows := pressable(p.Rows, false)
	if !r.e.hasButtons() || len(rows) == 0 {
		s.lines = append(s.lines, spelled(rows)...)
		return r.sheet(ctx, s)
	}
	text := Rich{{Text: "Menu", Style: Strong}}
	switch pages := r.e.cut(s); len(pages) {
	case 0:
	case 1:
		text = pages[0]
	default:
		if err := r.sheet(ctx, s); err != nil {
			return err
		}
		text = Rich{{Text: "Choose:"}}
	}
	m := menu{Kind: kindMenu, From: r.u.From, Chat: r.u.Chat, Text: text, Rows: rows}
	_, _, err := r.offer(ctx, m, r.e.buttonTime)
	return err
}

// offer keeps a menu, sends it, and binds it to its message.
func (r *reply) offer(ctx context.Context, m menu, lasts time.Duration) (group, message string, err error) {
	if group, err = r.e.keepMenu(ctx, m, lasts); err != nil {
		return "", "", err
	}
	if message, err = r.place(ctx, Message{Text: m.Text, Buttons: r.e.boards(group, &m)[0]}, true); err != nil {
		return "", "", err
	}
	return group, message, r.e.bind(ctx, group, message, lasts)
}
