package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"strconv"
	"strings"
	"sync"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/poktbot/poktbot/examples/bot/chat"
)

// A channel sends to a chat, or to a topic of one.
type channel struct {
	p     *platform
	id    int64
	topic int
	begun func(ctx context.Context) error // called before anything is sent, nil for nothing
	said  func()                          // called after something was sent, nil for nothing
}

var _ chat.Deleter = (*channel)(nil)

// Send sends a message. Its ID begins with a "c" when the text is the caption of a picture or a file, because that is edited otherwise.
func (c *channel) Send(ctx context.Context, m chat.Message) (string, error) {
	if err := c.begin(ctx); err != nil {
		return "", err
	}
	if c.said != nil {
		defer c.said()
	}
	switch {
	case m.Picture != nil && isPhoto(m.Picture.PNG):
		return c.photo(ctx, m)
	case m.Picture != nil:
		return c.document(ctx, m, m.Picture.Name, bytes.NewReader(m.Picture.PNG))
	case m.File != nil:
		return c.document(ctx, m, m.File.Name, m.File.Body)
	case blank(m.Text):
		return "", &chat.Error{Kind: chat.Refused, Err: errors.New("sendMessage: there is no text to send")}
	}
	var sent *models.Message
	err := c.p.try(ctx, c.id, false, c.begun != nil, requestTime, "sendMessage", func(ctx context.Context, id int64) (err error) {
		sent, err = c.p.api.SendMessage(ctx, &tg.SendMessageParams{
			ChatID: id, MessageThreadID: c.topic, Text: html(m.Text), ParseMode: models.ParseModeHTML, DisableNotification: m.Silent,
			LinkPreviewOptions: noPreview(), ReplyMarkup: keyboard(m.Buttons),
		})
		return err
	})
	if err != nil {
		return "", err
	}
	return strconv.Itoa(sent.ID), nil
}

func (c *channel) begin(ctx context.Context) error {
	if c.begun == nil {
		return nil
	}
	return c.begun(ctx)
}

// Edit edits a message.
func (c *channel) Edit(ctx context.Context, id string, m chat.Message) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	number, captioned := strings.CutPrefix(id, "c")
	message, err := strconv.Atoi(number)
	if err != nil {
		return &chat.Error{Kind: chat.Gone, Err: fmt.Errorf("%q is no message of Telegram", id)}
	}
	doing := "editMessageText"
	edit := func(ctx context.Context, chatID int64) error {
		_, err := c.p.api.EditMessageText(ctx, &tg.EditMessageTextParams{
			ChatID: chatID, MessageID: message, Text: html(m.Text), ParseMode: models.ParseModeHTML, LinkPreviewOptions: noPreview(), ReplyMarkup: keyboard(m.Buttons),
		})
		return err
	}
	switch {
	case captioned:
		doing = "editMessageCaption"
		edit = func(ctx context.Context, chatID int64) error {
			_, err := c.p.api.EditMessageCaption(ctx, &tg.EditMessageCaptionParams{
				ChatID: chatID, MessageID: message, Caption: html(m.Text), ParseMode: models.ParseModeHTML, ReplyMarkup: keyboard(m.Buttons),
			})
			return err
		}
	case blank(m.Text): // a text cannot become none: only its buttons change
		doing = "editMessageReplyMarkup"
		edit = func(ctx context.Context, chatID int64) error {
			_, err := c.p.api.EditMessageReplyMarkup(ctx, &tg.EditMessageReplyMarkupParams{ChatID: chatID, MessageID: message, ReplyMarkup: keyboard(m.Buttons)})
			return err
		}
	}
	err = c.p.try(ctx, c.id, true, c.begun != nil, requestTime, doing, edit)
	if err != nil && strings.Contains(err.Error(), "message is not modified") {
		return nil
	}
	return err
}

// Delete deletes a message. Bot API, deleteMessage: it may be no older than two days.
func (c *channel) Delete(ctx context.Context, id string) error {
	message, err := strconv.Atoi(strings.TrimPrefix(id, "c"))
	if err != nil {
		return &chat.Error{Kind: chat.Gone, Err: fmt.Errorf("%q is no message of Telegram", id)}
	}
	return c.p.try(ctx, c.id, true, c.begun != nil, requestTime, "deleteMessage", func(ctx context.Context, chatID int64) error {
		_, err := c.p.api.DeleteMessage(ctx, &tg.DeleteMessageParams{ChatID: chatID, MessageID: message})
		return err
	})
}

// Bot API, sendPhoto: at most 10 MB, width and height together at most 10000, and one at most 20 times the other.
const (
	mostPhoto = 10_000_000
	mostSides = 10_000
	mostRatio = 20
)

func isPhoto(picture []byte) bool {
	config, err := png.DecodeConfig(bytes.NewReader(picture))
	w, h := config.Width, config.Height
	return err == nil && len(picture) <= mostPhoto && w+h <= mostSides && w <= h*mostRatio && h <= w*mostRatio
}

func (c *channel) photo(ctx context.Context, m chat.Message) (string, error) {
	name, body := fileName(m.Picture.Name), bytes.NewReader(m.Picture.PNG)
	return c.upload(ctx, "sendPhoto", name, body, func(ctx context.Context, id int64, data io.Reader) (*models.Message, error) {
		return c.p.api.SendPhoto(ctx, &tg.SendPhotoParams{
			ChatID: id, MessageThreadID: c.topic, Photo: &models.InputFileUpload{Filename: name, Data: data},
			Caption: html(m.Text), ParseMode: models.ParseModeHTML, DisableNotification: m.Silent, ReplyMarkup: keyboard(m.Buttons),
		})
	})
}

func (c *channel) document(ctx context.Context, m chat.Message, name string, body io.ReadSeeker) (string, error) {
	name = fileName(name)
	return c.upload(ctx, "sendDocument", name, body, func(ctx context.Context, id int64, data io.Reader) (*models.Message, error) {
		return c.p.api.SendDocument(ctx, &tg.SendDocumentParams{
			ChatID: id, MessageThreadID: c.topic, Document: &models.InputFileUpload{Filename: name, Data: data},
			Caption: html(m.Text), ParseMode: models.ParseModeHTML, DisableNotification: m.Silent, ReplyMarkup: keyboard(m.Buttons),
		})
	})
}

// upload sends a file from its beginning, each time that it is tried.
func (c *channel) upload(
	ctx context.Context, doing, name string, body io.ReadSeeker, send func(ctx context.Context, id int64, data io.Reader) (*models.Message, error),
) (string, error) {
	var sent *models.Message
	err := c.p.try(ctx, c.id, false, c.begun != nil, uploadTime, doing, func(ctx context.Context, id int64) (err error) {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		data := &borrowed{r: body}
		sent, err = send(ctx, id, data)
		if whole := data.end(); err != nil && !whole {
			return &halfway{err}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return "c" + strconv.Itoa(sent.ID), nil
}

// A halfway error says that a file was not read to its end: Telegram cannot have taken it.
type halfway struct{ error }

func (e *halfway) Unwrap() error { return e.error }

// A borrowed reader ends when its owner wants it back: the library goes on to read a file in a goroutine after a request has failed, while that file
// is being read anew for the next.
type borrowed struct {
	mu    sync.Mutex
	r     io.Reader
	whole bool
	ended bool
}

func (b *borrowed) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return 0, io.ErrClosedPipe
	}
	n, err := b.r.Read(p)
	b.whole = b.whole || err == io.EOF
	return n, err
}

// end reports whether all was read.
func (b *borrowed) end() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	return b.whole
}

// fileName is a name that does not break the header that it stands in.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`"\/`, r) {
			return '_'
		}
		return r
	}, valid(name))
	if name == "" {
		return "file"
	}
	return name
}

// keyboard is what is below a message: nothing at all when there are no buttons, which also takes those away that were there.
func keyboard(rows [][]chat.Button) models.ReplyMarkup {
	if len(rows) == 0 {
		return nil
	}
	k := &models.InlineKeyboardMarkup{}
	for _, row := range rows {
		var buttons []models.InlineKeyboardButton
		for _, b := range row {
			buttons = append(buttons, models.InlineKeyboardButton{Text: valid(b.Label), CallbackData: b.ID})
		}
		k.InlineKeyboard = append(k.InlineKeyboard, buttons)
	}
	return k
}

func noPreview() *models.LinkPreviewOptions { return &models.LinkPreviewOptions{IsDisabled: tg.True()} }
