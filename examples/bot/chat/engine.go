package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/keep"
)

// A Bot is who answers: a [bot.Bot], or another in tests.
type Bot interface {
	Answer(ctx context.Context, request bot.Request) iter.Seq2[bot.Part, error]
	// Keep is what survives a restart: buttons, questions, and what was told where.
	Keep() keep.Store
	// Subscriptions are what all chats want to be told, those of other platforms, too.
	Subscriptions(ctx context.Context) ([]bot.Subscription, error)
}

// An Engine holds the conversations of one platform. It is safe for concurrent use.
type Engine struct {
	bot      Bot
	platform Platform
	limits   Limits
	keep     keep.Store
	log      *slog.Logger

	promptTime time.Duration
	buttonTime time.Duration
	perMinute  int
	burst      int
	own        int // commands of one account that run at once
	patience   time.Duration

	slots  chan struct{} // one for each command that runs
	floods *floods
	pages  *shelf
	alarms *alarms // of prompts that time out

	pressed *busyButtons
	gone    *goneChats
}

// An Option changes a default of [New].
type Option func(*Engine)

// WithLogger reports what goes wrong to log. By default nothing is.
func WithLogger(log *slog.Logger) Option { return func(e *Engine) { e.log = log } }

// WithPromptTime is how long a question waits for its answer, 2 minutes by default.
func WithPromptTime(d time.Duration) Option { return func(e *Engine) { e.promptTime = d } }

// WithButtonTime is how long the buttons of a menu can be pressed, a day by default. Those of alerts can be for 30 days.
func WithButtonTime(d time.Duration) Option { return func(e *Engine) { e.buttonTime = d } }

// WithPace lets an account ask for so many commands a minute, after a burst of so many: 20 and 5 by default.
func WithPace(perMinute, burst int) Option {
	return func(e *Engine) { e.perMinute, e.burst = max(perMinute, 1), max(burst, 1) }
}

// WithRunning lets an account run so many commands at once, and all together so many: 2 and 32 by default.
func WithRunning(own, all int) Option {
	return func(e *Engine) { e.own, e.slots = max(own, 1), make(chan struct{}, max(all, 1)) }
}

// WithPatience ends a command that takes longer: an hour by default.
func WithPatience(d time.Duration) Option { return func(e *Engine) { e.patience = d } }

// New returns the engine of a platform. It does not connect. It attaches itself to the bot, if that wants to know who tells alerts: make it before
// [bot.Bot.Run] begins.
func New(b Bot, p Platform, opts ...Option) *Engine {
	e := &Engine{
		bot: b, platform: p, limits: p.Limits(), keep: b.Keep(), log: slog.New(slog.DiscardHandler),
		promptTime: 2 * time.Minute, buttonTime: 24 * time.Hour, perMinute: 20, burst: 5, own: 2, patience: time.Hour,
		slots: make(chan struct{}, 32), pages: newShelf(), alarms: newAlarms(),
		pressed: &busyButtons{ids: map[string]bool{}}, gone: &goneChats{since: map[string]time.Time{}},
	}
	for _, opt := range opts {
		opt(e)
	}
	e.limits.Text = cmp.Or(e.limits.Text, 4000)
	e.floods = newFloods(e.perMinute, e.burst)
	if teller, ok := b.(interface{ Attach(bot.Teller) }); ok {
		teller.Attach(e)
	}
	return e
}

// Kind is the platform's name: what the names of its chats begin with.
func (e *Engine) Kind() string { return e.platform.Name() }

// longestText is how much of what somebody wrote is looked at: more than any command needs.
const longestText = 8192

// Handle answers what somebody did: a line that he typed, or a button that he pressed. Call it for each update as it comes, each in a goroutine of its own, so
// that a long command of one does not keep others waiting. It returns when the answer is sent. Its error is for the program's log: who asked was told
// what he needs to know, unless nothing can be sent there.
func (e *Engine) Handle(ctx context.Context, u Update) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			e.log.Error("answering failed", "fault", fault, "stack", string(debug.Stack()))
			err = fmt.Errorf("answer in %s: a fault of this program", u.Chat)
			if u.Answer != nil {
				_, _ = u.Answer.Send(ctx, Message{Text: Rich{{Text: "⚠ That failed: a fault of this program; its log tells more."}}, Private: true})
			}
		}
	}()
	if u.Answer == nil || u.From == "" || u.Chat == "" {
		return errors.New("chat: an update wants From, Chat and Answer")
	}
	e.gone.back(u.Chat)
	if u.Press != "" {
		err = e.press(ctx, u)
	} else {
		err = e.typed(ctx, u)
	}
	if errors.Is(err, errDropped) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("answer in %s: %w", u.Chat, err)
	}
	return nil
}

// errDropped is what ends the handling of an update that gets no answer.
var errDropped = errors.New("dropped")

// typed answers a line.
func (e *Engine) typed(ctx context.Context, u Update) error {
	line, isCommand := e.command(u)
	if !isCommand {
		open, err := e.waits(ctx, u)
		switch {
		case err != nil:
			return err
		case open != nil && !blank(u.Text):
			return e.promptAnswered(ctx, u, open, line)
		case !u.Direct || blank(u.Text):
			return nil // people talk to each other
		}
		return e.run(ctx, u, line) // the bot says what to type instead
	}
	if name, _, _ := strings.Cut(strings.ToLower(line), "@"); strings.TrimSpace(name) == "/cancel" {
		return e.cancel(ctx, u)
	}
	if err := e.endPrompt(ctx, u, ""); err != nil {
		return err
	}
	return e.run(ctx, u, line)
}

// command returns the line of an update, and whether it is a command for us.
func (e *Engine) command(u Update) (string, bool) {
	text := u.Text
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") // the bot says that it is too long
	}
	text = strings.TrimSpace(text)
	if u.Typed {
		return text, true
	}
	line, err := bot.ParseLine(text)
	if err != nil {
		return text, strings.HasPrefix(text, "/") && !errors.Is(err, bot.ErrNoCommand) && u.Direct
	}
	if line.Target != "" {
		return text, u.BotName == "" || strings.EqualFold(line.Target, u.BotName)
	}
	return text, u.Direct || e.knows(line.Name)
}

// knows reports whether there is such a command: in a group, others than we may be meant by those that there are not.
func (e *Engine) knows(name string) bool {
	return name == "cancel" || slices.ContainsFunc(bot.EveryCommand(), func(c bot.Command) bool { return c.Name == name })
}

// request is a line as the bot is asked it.
func (e *Engine) request(u Update, line string) bot.Request {
	return bot.Request{Text: line, From: u.From, Name: clip(plain(u.Name), 60), Chat: u.Chat, Direct: u.Direct, BotName: u.BotName}
}

// run answers a line, unless its account asks for too much.
func (e *Engine) run(ctx context.Context, u Update, line string) error {
	end, err := e.admit(ctx, u)
	if err != nil {
		return err
	}
	defer end()
	return e.answer(ctx, u, nil, line)
}

// answer answers a line. pressed is the menu whose button stood for it, nil for none.
func (e *Engine) answer(ctx context.Context, u Update, pressed *pressing, line string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.patience, errPatience)
	defer cancel()
	r := e.reply(u, e.outlet(u), line)
	r.pressed = pressed
	return r.answer(ctx)
}

const wordSlow = "Slow down, please: these are too many commands at once."

// admit lets an account run a command, and returns what ends that. When it may not it was told so, once, and the error is errDropped.
func (e *Engine) admit(ctx context.Context, u Update) (end func(), err error) {
	switch e.floods.ask(u.From, 1) {
	case floodWord:
		return nil, cmp.Or(e.remark(ctx, u, e.outlet(u), wordSlow), errDropped)
	case floodDrop:
		return nil, errDropped
	}
	end, err = e.begin(ctx, u.From)
	if err != nil {
		return nil, cmp.Or(e.remark(ctx, u, e.outlet(u), err.Error()), errDropped)
	}
	return end, nil
}

var errPatience = errors.New("it took too long, and was stopped")

// once is called before something is done that may not be done twice.
func (u Update) once(ctx context.Context) error {
	if u.Begin == nil {
		return nil
	}
	return u.Begin(ctx)
}

// remark says a word to who asked, as quietly as the platform can.
func (e *Engine) remark(ctx context.Context, u Update, out *outlet, text string) error {
	if u.Press != "" && u.Notice != nil {
		u.Notice(clip(text, 180))
		return nil
	}
	_, err := out.send(ctx, Message{Text: Rich{{Text: "⚠ " + sentence(text)}}, Private: true})
	return err
}

// begin waits for the room to run a command, and returns what ends it.
func (e *Engine) begin(ctx context.Context, from string) (end func(), err error) {
	if !e.floods.start(from, e.own) {
		return nil, fmt.Errorf("%d of your commands are still running: this one was not begun. Ask again when one of them has ended", e.own)
	}
	late := time.NewTimer(waitForRoom)
	defer late.Stop()
	select {
	case e.slots <- struct{}{}:
		return func() { <-e.slots; e.floods.end(from) }, nil
	case <-ctx.Done():
		e.floods.end(from)
		return nil, context.Cause(ctx)
	case <-late.C:
		e.floods.end(from)
		return nil, errors.New("too much is asked at this moment: please ask again in a minute")
	}
}

// waitForRoom is how long a command waits while too many others run.
const waitForRoom = 20 * time.Second
