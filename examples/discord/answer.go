package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/disgoorg/disgo/rest"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// tokenTime is how long an interaction can be answered: Discord gives 15 minutes, from which what is on its way is taken.
const tokenTime = 15*time.Minute - 20*time.Second

// original is what Discord calls the first answer, or the message whose button was pressed.
const original = "@original"

// An answer is the channel of one interaction: its first message takes the place of "thinking…", and more follow.
type answer struct {
	p         *platform
	i         *interaction
	until     time.Time
	direct    bool // nobody else reads it there
	ephemeral bool // only who asked sees it

	mu    sync.Mutex
	begun bool              // the place of the first message is taken
	names map[string]string // of messages of this interaction, by their numbers
	later chat.Channel      // where the rest goes when the interaction has ended, and must not be seen by others
}

func (p *platform) answer(i *interaction) *answer {
	a := &answer{p: p, i: i, until: p.now().Add(tokenTime), direct: i.GuildID == "", names: map[string]string{}, begun: i.Type == componentPressed}
	a.ephemeral = !a.direct && (p.ephemeral || i.Message.Flags&flagEphemeral != 0)
	if a.begun {
		a.names[i.Message.ID] = original
	}
	return a
}

// Send sends a message.
func (a *answer) Send(ctx context.Context, m chat.Message) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.alive() {
		return a.sendLate(ctx, m)
	}
	if m.Private && !a.direct && !a.ephemeral && !a.begun { // the place of the first message is one that everybody sees
		if err := a.drop(ctx); err != nil {
			return "", err
		}
	}
	to := rest.CreateFollowupMessage.Compile(nil, a.p.app, a.i.Token)
	flags, name := flagNoPreviews, ""
	if !a.direct && (a.ephemeral || m.Private) {
		flags |= flagEphemeral
	}
	if !a.begun {
		to, name = rest.UpdateInteractionResponse.Compile(nil, a.p.app, a.i.Token), original
		flags = flagNoPreviews
	}
	id, err := a.p.send(ctx, to, m, flags)
	if err != nil {
		return "", err
	}
	a.begun = true
	if name == "" {
		name = id
	}
	a.names[id] = name
	return id, nil
}

func (a *answer) alive() bool { return a.p.now().Before(a.until) }

// errEnded: the interaction cannot be answered any more, but its channel can be written to.
var errEnded = &chat.Error{Kind: chat.Gone, Err: errors.New("the interaction has ended")}

// sendLate sends what is said after the interaction has ended. What only one was to see goes to him.
func (a *answer) sendLate(ctx context.Context, m chat.Message) (string, error) {
	if !a.ephemeral {
		return "", errEnded
	}
	if a.later == nil {
		var opened struct {
			ID string `json:"id"`
		}
		body := map[string]string{"recipient_id": a.i.who().ID}
		if err := a.p.do(ctx, rest.CreateDMChannel.Compile(nil), body, &opened); err != nil {
			return "", err
		}
		a.later = &channel{p: a.p, id: opened.ID}
	}
	return a.later.Send(ctx, m)
}

// Edit puts another message in the place of one.
func (a *answer) Edit(ctx context.Context, id string, m chat.Message) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	name, ours := a.names[id]
	if !ours || !a.alive() {
		if later := a.later; later != nil {
			return later.Edit(ctx, id, m)
		}
		return (&channel{p: a.p, id: a.i.ChannelID}).Edit(ctx, id, m)
	}
	to := rest.UpdateFollowupMessage.Compile(nil, a.p.app, a.i.Token, name)
	if name == original {
		to = rest.UpdateInteractionResponse.Compile(nil, a.p.app, a.i.Token)
	}
	_, err := a.p.send(ctx, to, edited(m), flagNoPreviews)
	return err
}

// Delete takes a message away.
func (a *answer) Delete(ctx context.Context, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	name, ours := a.names[id]
	if !ours || !a.alive() {
		return (&channel{p: a.p, id: a.i.ChannelID}).Delete(ctx, id)
	}
	delete(a.names, id)
	if name == original {
		return a.p.do(ctx, rest.DeleteInteractionResponse.Compile(nil, a.p.app, a.i.Token), nil, nil)
	}
	return a.p.do(ctx, rest.DeleteFollowupMessage.Compile(nil, a.p.app, a.i.Token, name), nil, nil)
}

// close takes "thinking…" away when nothing was said.
func (a *answer) close(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.begun || !a.alive() {
		return nil
	}
	return a.drop(ctx)
}

// drop takes the place of the first message away.
func (a *answer) drop(ctx context.Context) error {
	err := a.p.do(ctx, rest.DeleteInteractionResponse.Compile(nil, a.p.app, a.i.Token), nil, nil)
	if err == nil {
		a.begun = true
	}
	return err
}

// notice says a word to who pressed, and to nobody else.
func (a *answer) notice(ctx context.Context) func(string) {
	return func(text string) {
		m := chat.Message{Text: chat.Rich{{Text: text}}}
		flags := flagNoPreviews
		if !a.direct {
			flags |= flagEphemeral
		}
		if _, err := a.p.send(ctx, rest.CreateFollowupMessage.Compile(nil, a.p.app, a.i.Token), m, flags); err != nil {
			a.p.log.Warn("a word to who pressed was not said", "error", err)
		}
	}
}
