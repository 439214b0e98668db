package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/report"
)

// A reply is the answer to one line, on its way to a chat.
type reply struct {
	e         *Engine
	u         Update
	out       *outlet
	line      string
	began     time.Time
	pressed   *pressing // the menu whose button stood for the line, until it was tidied up; nil for none
	working   *progress // nil while there is none
	sheets    int       // how many of several pages there were
	said      bool
	failed    bool                        // the bot answered with an error
	delivered bool                        // something arrived
	notices   bool                        // a short answer is a notice to who pressed, and no message
	held      *bot.Text                   // what may become a notice
	quiet     bool                        // nobody asked: neither progress nor an error comes before the answer
	remark    string                      // stands below the first text
	before    func(context.Context) error // is called before the first message
	faults    []error                     // of what could not be sent, while other things could
}

func (e *Engine) reply(u Update, out *outlet, line string) *reply {
	return &reply{e: e, u: u, out: out, line: line, began: time.Now()}
}

// answer asks the bot, and shows each part as it comes.
func (r *reply) answer(ctx context.Context) error {
	if !repeatable(r.line) {
		if err := r.u.once(ctx); err != nil {
			return err
		}
	}
	defer func() { r.endProgress(context.WithoutCancel(ctx), "Done.") }()
	for part, err := range r.e.bot.Answer(ctx, r.e.request(r.u, r.line)) {
		if err != nil && r.quiet && !r.said {
			return err
		}
		if err != nil {
			r.faults = append(r.faults, r.release(ctx), r.fail(ctx, err))
			break
		}
		if err := r.show(ctx, part); err != nil {
			r.faults = append(r.faults, err)
			if Is(err, Blocked) || ctx.Err() != nil {
				break
			}
		}
	}
	if held := r.held; held != nil {
		r.held = nil
		if word := noticeOf(*held); !r.said && word != "" {
			r.u.Notice(word)
		} else if err := r.show(ctx, *held); err != nil {
			r.faults = append(r.faults, err)
		}
	}
	r.tidyMenu(ctx)
	return errors.Join(r.faults...)
}

// noticeOf is a text as a notice, "" when it is too long for one.
func noticeOf(t bot.Text) string {
	word := strings.TrimSpace(join(textSheet(t.Title, t.Lines).whole()).String())
	if blank(word) || utf8.RuneCountInString(word) > noticeLength {
		return ""
	}
	return word
}

// release sends what was held back, since more follows.
func (r *reply) release(ctx context.Context) error {
	held := r.held
	if held == nil {
		return nil
	}
	r.held = nil
	return r.show(ctx, *held)
}

// show shows one part.
func (r *reply) show(ctx context.Context, part bot.Part) error {
	if err := r.release(ctx); err != nil {
		return err
	}
	switch p := part.(type) {
	case bot.Progress:
		if r.quiet {
			return nil
		}
		r.tidyMenu(ctx)
		if r.working == nil {
			r.working = newProgress(ctx, r.out.channel, r.began)
		}
		r.working.tell(r.e.short("⏳ " + plain(p.String())))
		return nil
	case bot.Text:
		if r.notices && !r.said {
			r.held = &p
			r.notices = false
			return nil
		}
		return r.sheet(ctx, textSheet(p.Title, p.Lines))
	case bot.Table:
		s, err := r.e.table(ctx, p)
		if err != nil {
			return r.fail(ctx, err)
		}
		return r.sheet(ctx, s)
	case bot.Picture:
		return r.picture(ctx, p)
	case bot.File:
		return r.file(ctx, p)
	case bot.Menu:
		return r.menu(ctx, p)
	case bot.Prompt:
		return r.prompt(ctx, p)
	}
	return nil
}

// short is text as a line that is not longer than some words of progress need to be.
func (e *Engine) short(text string) string {
	for n := 200; n > 1; n /= 2 {
		text = clip(text, n)
		if e.platform.Measure(Rich{{Text: text, Style: Faint}}) <= e.limits.Text {
			break
		}
	}
	return text
}

// table lays a table out.
func (e *Engine) table(ctx context.Context, p bot.Table) (sheet, error) {
	title, notes := p.Title, p.Notes
	p.Title, p.Notes = "", nil
	text, err := p.Text(ctx, e.limits.Width)
	if err != nil {
		return sheet{}, err
	}
	if first, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(first, "by ") && title != "" { // what rows of several lines stand under
		title, text = title+", "+first, rest
	}
	return tableSheet(title, text, notes), nil
}

// sheet sends text, in pages when it is long.
func (r *reply) sheet(ctx context.Context, s sheet) error {
	if word := r.remark; word != "" && len(s.lines) > 0 {
		r.remark = ""
		s.lines = append(s.lines, line{{Text: word, Style: Faint}})
	}
	pages := r.e.cut(s)
	switch {
	case len(pages) == 0:
		return nil
	case len(pages) == 1:
		_, err := r.place(ctx, Message{Text: pages[0]}, false)
		return err
	case !r.e.hasButtons():
		for _, page := range pages {
			if _, err := r.place(ctx, Message{Text: page}, false); err != nil {
				return err
			}
		}
		return nil
	}
	m := menu{Kind: kindPages, From: r.u.From, Chat: r.u.Chat, Line: r.line, Part: r.sheets}
	r.sheets++
	group, err := r.e.keepMenu(ctx, m, r.e.buttonTime)
	if err != nil {
		return err
	}
	r.e.pages.put(group, pages)
	id, err := r.place(ctx, pageOf(group, pages, 0), false)
	if err != nil {
		return err
	}
	return r.e.bind(ctx, group, id, r.e.buttonTime)
}

// place sends a message: in the place of progress when there is some. A message that goes on with the menu that was pressed takes its place.
func (r *reply) place(ctx context.Context, m Message, goesOn bool) (id string, err error) {
	if m.Text.blank() && m.Picture == nil && m.File == nil {
		return "", nil
	}
	defer func() { r.delivered = r.delivered || err == nil }()
	if !r.said && r.before != nil {
		if err := r.before(ctx); err != nil {
			return "", err
		}
	}
	r.said = true
	onlyText := m.Picture == nil && m.File == nil && !m.Private
	if p := r.pressed; p != nil && goesOn && onlyText && r.working == nil {
		r.pressed = nil
		return r.out.edit(ctx, p.message, m)
	}
	r.tidyMenu(ctx)
	progress := ""
	if r.working != nil {
		progress = r.working.end()
		r.working = nil
	}
	if progress != "" && onlyText {
		return r.out.edit(ctx, progress, m)
	}
	if id, err = r.out.send(ctx, m); progress != "" {
		r.out.remove(ctx, progress, "Done.")
	}
	return id, err
}

// tidyMenu takes the buttons of the menu away that was pressed.
func (r *reply) tidyMenu(ctx context.Context) {
	if p := r.pressed; p != nil {
		r.pressed = nil
		r.out.tidy(ctx, p.message, Message{Text: p.text})
	}
}

// endProgress ends the progress when nothing took its place.
func (r *reply) endProgress(ctx context.Context, word string) {
	if r.working == nil {
		return
	}
	id := r.working.end()
	r.working = nil
	if id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, afterwards)
	defer cancel()
	r.out.remove(ctx, id, word)
}

// afterwards is how long something may take that is done when the context has ended.
const afterwards = 10 * time.Second

// picture sends a picture, and what is too long to stand below it.
func (r *reply) picture(ctx context.Context, p bot.Picture) error {
	if size := int64(len(p.PNG)); size > r.e.limits.File {
		return r.tooLarge(ctx, cmp.Or(fileName(p.Name), "The picture"), size)
	}
	text := p.Caption
	p.Name, p.Caption = cmp.Or(fileName(p.Name), "picture.png"), ""
	return r.attach(ctx, p.Name, text, Message{Picture: &p})
}

// file sends a file, or says what to do when that is too large.
func (r *reply) file(ctx context.Context, p bot.File) error {
	text := p.Caption
	p.Name, p.Caption = cmp.Or(fileName(p.Name), "file"), ""
	switch {
	case p.Size > r.e.limits.File:
		return r.tooLarge(ctx, p.Name, p.Size)
	case p.Size == 0 || p.Body == nil:
		return r.sheet(ctx, textSheet("", []string{p.Name + " would be empty: there is nothing to put into it."}))
	}
	return r.attach(ctx, p.Name, text, Message{File: &p})
}

func (r *reply) tooLarge(ctx context.Context, name string, size int64) error {
	word := fmt.Sprintf("⚠ %s has %s, and no more than %s can be sent here. Ask for a shorter range", name, megabytes(size), megabytes(r.e.limits.File))
	if r.e.limits.File <= 0 {
		word = fmt.Sprintf("⚠ %s cannot be sent here: this chat takes no files", name)
	} else if strings.HasSuffix(name, ".xlsx") {
		word += ", or for CSV: that is smaller"
	}
	return r.sheet(ctx, textSheet("", []string{word + "."}))
}

// attach sends a picture or a file with a caption.
func (r *reply) attach(ctx context.Context, name, text string, m Message) error {
	caption, rest := r.e.caption(text)
	m.Text = caption
	if _, err := r.place(ctx, m, false); err != nil {
		if Is(err, Blocked) || ctx.Err() != nil {
			return err
		}
		word := "⚠ " + name + " could not be sent. Ask again in a while."
		if Is(err, Refused) {
			word = "⚠ " + name + " could not be sent: the chat does not take it. Ask for a shorter range."
		}
		return errors.Join(err, r.sheet(ctx, textSheet("", []string{word})))
	}
	if len(rest) > 0 {
		return r.sheet(ctx, sheet{lines: rest})
	}
	return nil
}

// fail tells an error. It returns what the program's log needs to know of it.
func (r *reply) fail(ctx context.Context, cause error) error {
	said := r.said
	r.failed = true
	if ended := context.Cause(ctx); ended != nil {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
		defer cancel()
		ctx = late
		switch {
		case errors.Is(ended, errPatience):
			cause = errPatience
		case errors.Is(cause, ended), errors.Is(cause, context.Canceled), errors.Is(cause, context.DeadlineExceeded):
			cause = errInterrupted
		}
	}
	if isStranger(cause) && !r.e.floods.stranger(r.u.From) {
		r.pressed = nil
		return nil
	}
	text := errorLines(cause)
	if r.u.Press != "" && r.u.Notice != nil && !said && r.working == nil && len(text) == 1 {
		r.u.Notice(clip(text[0], noticeLength))
		r.tidyMenu(ctx)
		return nil
	}
	pages := r.e.cut(textSheet("", text))
	if len(pages) == 0 {
		return nil
	}
	_, err := r.place(ctx, Message{Text: pages[0], Private: !said && r.working == nil && !r.u.Direct}, false)
	return err
}

// noticeLength is how long a notice may be everywhere.
const noticeLength = 180

var errInterrupted = errors.New("interrupted: this program ends, or begins anew. Ask again in a minute")

func isStranger(err error) bool { return errors.Is(err, bot.ErrStranger) }

// mostErrorLines is how much of an error is shown.
const mostErrorLines = 8

// errorLines are what is shown of an error.
func errorLines(err error) []string {
	var lines []string
	for l := range strings.Lines(err.Error()) {
		if l = clip(plain(l), 400); !blank(l) && len(lines) < mostErrorLines {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		lines = []string{"something went wrong"}
	}
	if lines[0] = sentence(lines[0]); !isStranger(err) { // who is only told that he is not known has done nothing wrong
		lines[0] = "⚠ " + lines[0]
	}
	return lines
}

// sentence begins an error, which programs begin with a small letter, as people do. A name, a command or an address stays as it is.
func sentence(text string) string {
	word, _, _ := strings.Cut(text, " ")
	if strings.Trim(strings.TrimRight(word, ",:;."), "abcdefghijklmnopqrstuvwxyz") != "" || word == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// fileName is a name without folders and what shows nothing.
func fileName(name string) string {
	name = strings.TrimSpace(plain(path.Base(strings.ReplaceAll(name, `\`, "/"))))
	if name == "." || name == "/" || blank(name) {
		return ""
	}
	return clip(name, 100)
}

// megabytes is a size for people.
func megabytes(size int64) string {
	if size < 1<<20 {
		return report.Count((size+1023)/1024) + " KB"
	}
	return report.Count((size+1<<20-1)>>20) + " MB"
}
