package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/disgoorg/disgo/discord"
	"github.com/disgoorg/disgo/rest"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// Flags of messages.
const (
	flagNoPreviews = 1 << 2
	flagEphemeral  = 1 << 6
	flagSilent     = 1 << 12
)

// What fits a message.
const (
	mostRows    = 5
	mostColumns = 5
)

// The types of components.
const (
	rowComponent    = 1
	buttonComponent = 2
	selectComponent = 3
	secondary       = 2 // the style of a button
)

// A channel is a channel of a server, a thread, or a direct conversation.
type channel struct {
	p  *platform
	id string
}

func channelID(name string) (string, error) {
	id, ok := strings.CutPrefix(name, "discord:")
	if _, err := strconv.ParseUint(id, 10, 64); !ok || err != nil {
		return "", fmt.Errorf("%q is not a channel of Discord; want discord:NUMBER", name)
	}
	return id, nil
}

// Send sends a message.
func (c *channel) Send(ctx context.Context, m chat.Message) (string, error) {
	flags := flagNoPreviews
	if m.Silent {
		flags |= flagSilent
	}
	return c.p.send(ctx, rest.CreateMessage.Compile(nil, c.id), m, flags, m.Once)
}

// Edit puts another message in the place of one.
func (c *channel) Edit(ctx context.Context, id string, m chat.Message) error {
	_, err := c.p.send(ctx, rest.UpdateMessage.Compile(nil, c.id, id), edited(m), flagNoPreviews)
	return err
}

// Delete takes a message away.
func (c *channel) Delete(ctx context.Context, id string) error {
	return c.p.do(ctx, rest.DeleteMessage.Compile(nil, c.id, id), nil, nil)
}

// edited is a message without what stays as it is.
func edited(m chat.Message) chat.Message {
	m.Picture, m.File = nil, nil
	return m
}

// A payload is a message as Discord takes it. Nobody is ever called by it.
type payload struct {
	Content     string       `json:"content"`
	Components  []component  `json:"components"`
	Attachments []attachment `json:"attachments,omitempty"`
	Mentions    mentions     `json:"allowed_mentions"`
	Flags       int          `json:"flags,omitempty"`
	// Of several messages with one nonce Discord posts the first, and answers with it, when that is to be enforced. It is for channels only.
	Nonce   string `json:"nonce,omitempty"`
	Enforce bool   `json:"enforce_nonce,omitempty"`
}

type mentions struct {
	Parse []string `json:"parse"`
}

type attachment struct {
	ID   int    `json:"id"`
	Name string `json:"filename"`
}

type component struct {
	Type       int         `json:"type"`
	Components []component `json:"components,omitempty"`
	Style      int         `json:"style,omitempty"`
	Label      string      `json:"label,omitempty"`
	ID         string      `json:"custom_id,omitempty"`
	Options    []selection `json:"options,omitempty"`
	Hint       string      `json:"placeholder,omitempty"`
}

type selection struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// send sends or edits a message, and returns its number. What is sent once is posted once, however often that is tried.
func (p *platform) send(ctx context.Context, to *rest.CompiledEndpoint, m chat.Message, flags int, once ...string) (string, error) {
	body := payload{Content: render(m.Text), Components: components(m.Buttons), Mentions: mentions{Parse: []string{}}, Flags: flags}
	if len(once) > 0 && once[0] != "" {
		body.Nonce, body.Enforce = once[0], true
	}
	var whole any = body
	if attached, err := attach(m); err != nil {
		return "", &chat.Error{Kind: chat.Refused, Err: err}
	} else if attached != nil {
		body.Attachments = []attachment{{ID: 0, Name: attached.Name}}
		if whole, err = discord.PayloadWithFiles(body, attached); err != nil {
			return "", fmt.Errorf("read %s: %w", attached.Name, err)
		}
	}
	var sent struct {
		ID string `json:"id"`
	}
	if err := p.do(ctx, to, whole, &sent); err != nil {
		return "", err
	}
	return sent.ID, nil
}

// attach returns what is sent beside the text, nil for nothing.
func attach(m chat.Message) (*discord.File, error) {
	switch {
	case m.Picture != nil:
		return discord.NewFile(fileName(m.Picture.Name), "", bytes.NewReader(m.Picture.PNG)), nil
	case m.File != nil && m.File.Body == nil:
		return nil, errors.New("a file without content")
	case m.File != nil:
		return discord.NewFile(fileName(m.File.Name), "", io.Reader(m.File.Body)), nil
	}
	return nil, nil
}

// fileName is a name that needs no quoting.
func fileName(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`"\/`, r) {
			return '_'
		}
		return r
	}, path.Base(text))
	if text == "" || text == "." || text == ".." {
		return "file"
	}
	return text
}

// components makes rows of buttons: as they are if they fit, in rows that are full if those do, and else menus to choose from.
func components(rows [][]chat.Button) []component {
	list := []component{} // not null: an edit takes away what was there
	var all []chat.Button
	fits := len(rows) <= mostRows
	for _, row := range rows {
		all = append(all, row...)
		fits = fits && len(row) <= mostColumns
	}
	all = apartIDs(all)
	if !fits && len(all) > mostRows*mostColumns {
		return selections(all)
	}
	if !fits {
		rows = slices.Collect(slices.Chunk(all, mostColumns))
	}
	for _, row := range rows {
		if len(row) == 0 {
			continue
		}
		r := component{Type: rowComponent}
		for _, b := range all[:len(row)] {
			r.Components = append(r.Components, component{Type: buttonComponent, Style: secondary, Label: clip(b.Label, 80), ID: b.ID})
		}
		list, all = append(list, r), all[len(row):]
	}
	return list
}

// selections makes menus to choose from.
func selections(all []chat.Button) (list []component) {
	for part := range slices.Chunk(all[:min(len(all), mostRows*mostChoices)], mostChoices) {
		menu := component{Type: selectComponent, ID: "choose." + strconv.Itoa(len(list)), Hint: "Choose"}
		for _, b := range part {
			menu.Options = append(menu.Options, selection{Label: clip(b.Label, longestText), Value: b.ID})
		}
		list = append(list, component{Type: rowComponent, Components: []component{menu}})
	}
	return list
}

// copySign stands behind the ID of a button that another has, too: Discord wants them to differ.
const copySign = "#"

// apartIDs makes the IDs of buttons differ.
func apartIDs(all []chat.Button) []chat.Button {
	all, seen := slices.Clone(all), map[string]int{}
	for i, b := range all {
		if seen[b.ID]++; seen[b.ID] > 1 {
			all[i].ID = b.ID + copySign + strconv.Itoa(seen[b.ID])
		}
	}
	return all
}

// pressedID is the ID of a button as package chat gave it.
func pressedID(id string) string {
	id, _, _ = strings.Cut(id, copySign)
	return id
}
