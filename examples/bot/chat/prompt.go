package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// An open prompt is one whose answer is waited for: of one account in one chat there is at most one. The question itself is kept as a [menu].
type openPrompt struct {
	Group   string    `json:"group"`
	Message string    `json:"message"`
	Chat    string    `json:"chat"`
	Until   time.Time `json:"until"`
}

func promptKey(chat, from string) string { return chat + "\x00" + from }

// keptLonger is how much longer than it waits a prompt is kept, so that a program which was down can still say that it is over.
const keptLonger = time.Hour

// isCommandLine reports whether a line is one, and not an answer.
func isCommandLine(text string) bool { return strings.HasPrefix(text, "/") }

// added is a line with an answer as one more word.
func added(line, answer, label string) string {
	if answer == "" {
		answer = label
	}
	return line + " " + bot.Quote(answer)
}

// prompt asks something, and keeps what is to be done with the answer.
func (r *reply) prompt(ctx context.Context, p bot.Prompt) error {
	e := r.e
	if err := e.endPrompt(ctx, r.u, ""); err != nil {
		return err
	}
	s := textSheet("", strings.Split(p.Question, "\n"))
	rows := pressable(p.Choices, true)
	if !e.hasButtons() {
		s.lines = append(s.lines, spelled(rows)...)
		s.lines = append(s.lines, line{{Text: "/cancel ends this.", Style: Faint}})
		rows = nil
	}
	pages := e.cut(s)
	if len(pages) == 0 {
		pages = []Rich{{{Text: "?"}}}
	}
	for _, page := range pages[:len(pages)-1] {
		if _, err := r.place(ctx, Message{Text: page}, false); err != nil {
			return err
		}
	}
	until := time.Now().Add(e.promptTime)
	m := menu{Kind: kindPrompt, From: r.u.From, Chat: r.u.Chat, Text: pages[len(pages)-1], Rows: rows, Line: p.Line, Until: until}
	group, err := e.keepMenu(ctx, m, e.promptTime+keptLonger)
	if err != nil {
		return err
	}
	open := openPrompt{Group: group, Chat: r.u.Chat, Until: until}
	if err := e.keepPrompt(ctx, r.u.From, open); err != nil { // before it is sent: an answer may be quick
		return err
	}
	question := Message{Text: m.Text}
	if e.hasButtons() {
		question.Buttons = e.boards(group, &m)[0]
	}
	if open.Message, err = r.place(ctx, question, true); err != nil {
		return err
	}
	if err := e.bind(ctx, group, open.Message, e.promptTime+keptLonger); err != nil {
		return err
	}
	if still, err := e.menuOf(ctx, group); err != nil || still == nil { // it was answered meanwhile
		return err
	}
	e.alarms.set(promptKey(open.Chat, r.u.From), until)
	return e.keepPrompt(ctx, r.u.From, open)
}

func (e *Engine) keepPrompt(ctx context.Context, from string, open openPrompt) error {
	value, err := json.Marshal(open)
	if err == nil {
		err = e.keep.Put(ctx, keep.Entry{Space: e.space("prompts"), Key: promptKey(open.Chat, from), Value: value, Expires: open.Until.Add(keptLonger)})
	}
	if err != nil {
		return fmt.Errorf("keep a question: %w", err)
	}
	return nil
}

// promptOf returns the prompt that waits for an answer of somebody in a chat, nil when none does.
func (e *Engine) promptOf(ctx context.Context, key string) (*openPrompt, error) {
	entry, err := e.keep.Get(ctx, e.space("prompts"), key)
	if errors.Is(err, keep.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("questions: %w", err)
	}
	var open openPrompt
	if err := json.Unmarshal(entry.Value, &open); err != nil {
		return nil, nil // a newer or older version kept it: it is as good as gone
	}
	return &open, nil
}

// An asked prompt has got its answer, or its end.
type asked struct {
	*menu
	message string
}

// takeOpen takes a prompt, so that nobody else does; nil when somebody has.
func (e *Engine) takeOpen(ctx context.Context, key string, open *openPrompt) (*asked, error) {
	m, err := e.takeMenu(ctx, open.Group)
	if err != nil {
		return nil, err
	}
	e.alarms.clear(key)
	if err := e.keep.Delete(ctx, e.space("prompts"), key); err != nil {
		return nil, fmt.Errorf("questions: %w", err)
	}
	if m == nil {
		return nil, nil
	}
	return &asked{m, open.Message}, nil
}

// waits returns the prompt that waits for what somebody writes. One whose time is over is ended instead.
func (e *Engine) waits(ctx context.Context, u Update) (*openPrompt, error) {
	key := promptKey(u.Chat, u.From)
	open, err := e.promptOf(ctx, key)
	if err != nil || open == nil {
		return nil, err
	}
	if !open.Until.After(time.Now()) {
		return nil, e.timeOut(ctx, key)
	}
	return open, nil
}

// promptAnswered answers the line that a prompt's answer makes.
func (e *Engine) promptAnswered(ctx context.Context, u Update, open *openPrompt, text string) error {
	end, err := e.admit(ctx, u)
	if err != nil {
		return err
	}
	defer end()
	if err := u.once(ctx); err != nil { // what was asked is not known afterwards
		return err
	}
	a, err := e.takeOpen(ctx, promptKey(u.Chat, u.From), open)
	if err != nil || a == nil {
		return err
	}
	if a.message != "" {
		e.outlet(u).tidy(ctx, a.message, Message{Text: a.Text})
	}
	return e.answer(ctx, u, nil, added(a.Line, text, ""))
}

// endPrompt ends the prompt that waits for somebody, if one does, and says a word below it. It reports whether one did.
func (e *Engine) endPrompt(ctx context.Context, u Update, word string) error {
	_, err := e.endOpen(ctx, e.outlet(u), promptKey(u.Chat, u.From), word)
	return err
}

func (e *Engine) endOpen(ctx context.Context, out *outlet, key, word string) (bool, error) {
	open, err := e.promptOf(ctx, key)
	if err != nil || open == nil {
		return false, err
	}
	a, err := e.takeOpen(ctx, key, open)
	if err != nil || a == nil {
		return false, err
	}
	if a.message != "" {
		out.tidy(ctx, a.message, Message{Text: e.below(a.Text, word)})
	}
	return true, nil
}

// below is text with a word below it, when that fits.
func (e *Engine) below(text Rich, word string) Rich {
	if word == "" {
		return text
	}
	whole := append(append(Rich{}, text...), Span{Text: "\n"}, Span{Text: word, Style: Faint})
	if e.platform.Measure(whole) > e.limits.Text {
		return Rich{{Text: word, Style: Faint}}
	}
	return whole
}

// forgetPrompt forgets that an answer is waited for, after a choice was pressed.
func (e *Engine) forgetPrompt(ctx context.Context, u Update, group string) error {
	key := promptKey(u.Chat, u.From)
	open, err := e.promptOf(ctx, key)
	if err != nil || open == nil || open.Group != group {
		return err
	}
	e.alarms.clear(key)
	if err := e.keep.Delete(ctx, e.space("prompts"), key); err != nil {
		return fmt.Errorf("questions: %w", err)
	}
	return nil
}

// cancel is /cancel.
func (e *Engine) cancel(ctx context.Context, u Update) error {
	out := e.outlet(u)
	switch e.floods.ask(u.From, 1) {
	case floodWord:
		return e.remark(ctx, u, out, wordSlow)
	case floodDrop:
		return errDropped
	}
	was, err := e.endOpen(ctx, out, promptKey(u.Chat, u.From), "")
	if err != nil {
		return err
	}
	word := "Cancelled."
	if !was {
		word = "There is nothing to cancel: no question is open."
	}
	_, err = out.send(ctx, Message{Text: Rich{{Text: word}}, Private: !u.Direct})
	return err
}

// cancelPressed is the button that cancels a prompt.
func (e *Engine) cancelPressed(ctx context.Context, u Update, group string, m *menu) error {
	if m.Kind != kindPrompt || e.floods.ask(u.From, pageCost) != floodPass {
		return nil
	}
	m, err := e.takeMenu(ctx, group)
	if err != nil {
		return err
	}
	if m == nil {
		return e.notice(ctx, u, wordOld)
	}
	if err := e.forgetPrompt(ctx, u, group); err != nil {
		return err
	}
	_, err = e.outlet(u).edit(ctx, u.Message, Message{Text: e.below(m.Text, "Cancelled.")})
	return err
}

// timeOut ends a prompt whose time is over, and says so below the question.
func (e *Engine) timeOut(ctx context.Context, key string) error {
	open, err := e.promptOf(ctx, key)
	if err != nil || open == nil || open.Until.After(time.Now()) {
		return err
	}
	out, err := e.opened(open.Chat)
	if err != nil {
		return err
	}
	line := "/menu"
	if m, err := e.menuOf(ctx, open.Group); err == nil && m != nil && m.Line != "" {
		line = m.Line
	}
	_, err = e.endOpen(ctx, out, key, "No answer came in time. To be asked again: "+plain(line))
	return err
}

// alarms tell when prompts are over.
type alarms struct {
	mu   sync.Mutex
	at   map[string]time.Time
	wake chan struct{}
}

func newAlarms() *alarms { return &alarms{at: map[string]time.Time{}, wake: make(chan struct{}, 1)} }

func (a *alarms) set(key string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for other, then := range a.at { // where nobody listens, they are not to pile up
		if time.Since(then) > keptLonger {
			delete(a.at, other)
		}
	}
	a.at[key] = at
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

func (a *alarms) clear(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.at, key)
}

// due takes those whose time has come, and returns when the next one's will; the zero time for none.
func (a *alarms) due(now time.Time) (keys []string, next time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, at := range a.at {
		switch {
		case !at.After(now):
			keys = append(keys, key)
			delete(a.at, key)
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	return keys, next
}

// watchPrompts ends prompts in time, until ctx ends.
func (e *Engine) watchPrompts(ctx context.Context) error {
	for entry, err := range e.keep.List(ctx, e.space("prompts")) { // of before the program was started
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("questions: %w", err)
		}
		var open openPrompt
		if json.Unmarshal(entry.Value, &open) == nil {
			e.alarms.set(entry.Key, open.Until)
		}
	}
	for {
		keys, next := e.alarms.due(time.Now())
		for _, key := range keys {
			if err := e.timeOut(ctx, key); err != nil {
				e.log.Warn("a question stays open", "error", err)
			}
		}
		wait := time.Hour
		if !next.IsZero() {
			wait = time.Until(next)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-e.alarms.wake:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
}
