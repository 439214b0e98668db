package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/disgoorg/disgo/rest"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
)

// The types of interactions.
const (
	commandUsed      = 2
	componentPressed = 3
	fieldTyped       = 4
)

// The types of what is answered to them.
const (
	laterMessage = 5 // "thinking…"
	laterUpdate  = 6 // nothing is shown
	choicesShown = 8
)

// An interaction is what somebody did with a command or a button.
type interaction struct {
	ID        string `json:"id"`
	Type      int    `json:"type"`
	Token     string `json:"token"`
	ChannelID string `json:"channel_id"`
	GuildID   string `json:"guild_id"`
	Member    struct {
		User user `json:"user"`
	} `json:"member"` // in a server
	User    user `json:"user"` // elsewhere
	Message struct {
		ID    string `json:"id"`
		Flags int    `json:"flags"`
	} `json:"message"`
	Data struct {
		Name     string   `json:"name"`
		Options  []value  `json:"options"`
		CustomID string   `json:"custom_id"`
		Values   []string `json:"values"`
	} `json:"data"`
}

type user struct {
	ID     string `json:"id"`
	Name   string `json:"username"`
	Shown  string `json:"global_name"`
	IsABot bool   `json:"bot"`
}

// called is what somebody calls himself.
func (u user) called() string {
	if u.Shown != "" {
		return u.Shown
	}
	return u.Name
}

// A value is what stands in a field of a form.
type value struct {
	Name    string `json:"name"`
	Value   any    `json:"value"`
	Focused bool   `json:"focused"`
}

func (v value) String() string {
	switch x := v.Value.(type) {
	case string:
		return x
	case float64:
		return number(x)
	case nil:
		return ""
	}
	return fmt.Sprint(v.Value)
}

func (i *interaction) who() user {
	if i.Member.User.ID != "" {
		return i.Member.User
	}
	return i.User
}

// update is what package chat is told.
func (i *interaction) update(a *answer) chat.Update {
	who := i.who()
	u := chat.Update{From: "discord:" + who.ID, Name: who.called(), Chat: "discord:" + i.ChannelID, Direct: a.direct, Answer: a}
	if i.Type == componentPressed {
		u.Press, u.Message = i.Data.CustomID, i.Message.ID
		if len(i.Data.Values) > 0 {
			u.Press = i.Data.Values[0]
		}
		u.Press = pressedID(u.Press)
		return u
	}
	values := map[string]string{}
	for _, v := range i.Data.Options {
		values[v.Name] = v.String()
	}
	u.Text, u.Typed = line(i.Data.Name, values), true
	return u
}

// A handler answers updates: an engine of package chat.
type handler interface {
	Handle(ctx context.Context, u chat.Update) error
}

// A completer tells what may stand in a field: a [bot.Bot].
type completer interface {
	Complete(ctx context.Context, from, command, field, typed string) ([]bot.Choice, error)
}

// ackTime is how long Discord waits for a sign that an interaction has come, less what is on its way.
const ackTime = 2500 * time.Millisecond

// interacted handles an interaction.
func (p *platform) interacted(ctx context.Context, h handler, c completer, data []byte) error {
	var i interaction
	if err := json.Unmarshal(data, &i); err != nil {
		return errors.New("an interaction that cannot be read") // what cannot be read may hold a token
	}
	if i.Type == fieldTyped {
		return p.complete(ctx, c, &i)
	}
	if i.Type != commandUsed && i.Type != componentPressed {
		return nil
	}
	a := p.answer(&i)
	if !p.first(ctx, i.ID) {
		return nil
	}
	if err := p.acknowledge(ctx, &i, a); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	u := i.update(a)
	if i.Type == componentPressed {
		u.Notice = a.notice(ctx)
	}
	return errors.Join(h.Handle(ctx, u), a.close(ctx))
}

type response struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

type flagged struct {
	Flags int `json:"flags"`
}

// acknowledge tells Discord, in time, that the interaction has come.
func (p *platform) acknowledge(ctx context.Context, i *interaction, a *answer) error {
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	body := response{Type: laterUpdate}
	if i.Type == commandUsed {
		body.Type = laterMessage
		if a.ephemeral {
			body.Data = flagged{flagEphemeral}
		}
	}
	for try := 1; ; try++ {
		err := p.do(ctx, rest.CreateInteractionResponse.Compile(nil, i.ID, i.Token), body, nil)
		switch {
		case err == nil, codeOf(err) == codeAcknowledged && try > 1: // the try before has arrived
			return nil
		case chat.Is(err, chat.Gone), chat.Is(err, chat.Blocked), chat.Is(err, chat.Refused), errors.Is(err, errToken), try == 4:
			return err
		}
		wait := 50 * time.Millisecond
		if e, ok := errors.AsType[*chat.Error](err); ok && e.RetryAfter > 0 {
			wait = e.RetryAfter
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// complete tells what may stand in a field that is being typed.
func (p *platform) complete(ctx context.Context, c completer, i *interaction) error {
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	list := []choice{}
	for _, v := range i.Data.Options {
		if !v.Focused {
			continue
		}
		command, field := fieldOf(i.Data.Name, v.Name)
		choices, err := c.Complete(ctx, "discord:"+i.who().ID, command, field, v.String())
		if err != nil {
			p.log.Debug("nothing to choose from", "command", command, "field", field, "error", err)
		}
		for _, one := range choices {
			if len(list) < mostChoices && one.Value != "" && len(one.Value) <= longestText { // a value that is cut would be another
				list = append(list, choice{Name: clip(one.Name, longestText), Value: one.Value})
			}
		}
	}
	body := response{Type: choicesShown, Data: map[string]any{"choices": list}}
	err := p.do(ctx, rest.CreateInteractionResponse.Compile(nil, i.ID, i.Token), body, nil)
	if chat.Is(err, chat.Gone) || codeOf(err) == codeAcknowledged {
		return nil // he has typed on
	}
	return err
}

// A post is a text that somebody wrote.
type post struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	GuildID   string `json:"guild_id"`
	WebhookID string `json:"webhook_id"`
	Author    user   `json:"author"`
	Content   string `json:"content"`
	Mentions  []user `json:"mentions"`
}

// posted handles a text: one in a direct conversation, or one that mentions the bot.
func (p *platform) posted(ctx context.Context, h handler, data []byte) error {
	var m post
	if err := json.Unmarshal(data, &m); err != nil {
		return errors.New("a message that cannot be read")
	}
	called := false
	for _, u := range m.Mentions {
		called = called || u.ID == p.app
	}
	if m.Author.IsABot || m.WebhookID != "" || m.GuildID != "" && !called || m.Content == "" || !p.first(ctx, m.ID) {
		return nil
	}
	text := strings.NewReplacer("<@"+p.app+">", "", "<@!"+p.app+">", "").Replace(m.Content)
	return h.Handle(ctx, chat.Update{
		From: "discord:" + m.Author.ID, Name: m.Author.called(), Chat: "discord:" + m.ChannelID, Direct: m.GuildID == "",
		Text: strings.TrimSpace(text), Answer: &channel{p: p, id: m.ChannelID},
	})
}
