package bot

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/rbac"
)

// plainBot answers commands that need neither an index nor a chain.
func plainBot(t *testing.T, commands ...command) *Bot {
	t.Helper()
	b := newBot(withPeople(DefaultConfig()), nil)
	b.zone, b.keep = time.UTC, keep.NewMemory()
	require.NoError(t, b.openPeople(t.Context(), rbac.NewMemory()))
	b.commands = append(b.commands, commands...)
	return b
}

// reply collects what is answered as text.
func reply(t *testing.T, b *Bot, r Request) (string, error) {
	t.Helper()
	var out strings.Builder
	for part, err := range b.Answer(t.Context(), r) {
		if err != nil {
			assert.Nil(t, part, "an error comes alone")
			return out.String(), err
		}
		out.WriteString(show(t, part))
	}
	return out.String(), nil
}

func showButtons(rows [][]Button) string {
	text := ""
	for _, row := range rows {
		for _, button := range row {
			text += "[" + button.Label + ": " + button.Line + "] "
		}
		text = strings.TrimSpace(text) + "\n"
	}
	return text
}

// show is a part as text.
func show(t *testing.T, part Part) string {
	t.Helper()
	switch p := part.(type) {
	case Text:
		text := "# " + p.Title + "\n"
		for _, line := range p.Lines {
			text += strings.TrimRight(line, " ") + "\n"
		}
		return text
	case Menu:
		return show(t, Text{Title: p.Title, Lines: p.Lines}) + showButtons(p.Rows)
	case Prompt:
		return "? " + p.Question + " → " + p.Line + "\n" + showButtons(p.Choices)
	case Table:
		text, err := p.Text(t.Context(), 120)
		require.NoError(t, err)
		return text
	case Picture:
		return "[picture " + p.Name + ": " + p.Caption + "]\n"
	case File:
		return "[file " + p.Name + ", " + p.Type + ": " + p.Caption + "]\n"
	case Progress:
		return "[progress " + p.String() + "]\n"
	}
	return ""
}

func TestAnswer(t *testing.T) {
	b := plainBot(t)
	t.Run("a command that does not exist suggests one that does", func(t *testing.T) {
		for typed, want := range map[string]string{
			"/stast":       "/stast is not a command; did you mean /stats?",
			"/Reward":      "/reward is not a command; did you mean /rewards?",
			"/xyzzy":       "/xyzzy is not a command; /help lists what there is",
			"/help stat":   "/stat is not a command; did you mean /stats?",
			"/help a b":    "/help takes one command: /help stats",
			"/node":        "/node wants a verb and an address: /node show pokt1…",
			"/node ad x":   "/node ad is not known; did you mean /node add?",
			"/rewards dya": "/rewards dya is not known; did you mean /rewards day? Want day, week, month, hour, service, node, owner or wallet",
			"/report":      "/report wants csv, xlsx, cointracking, koinly, coinledger or ledger, and a range when it is not to be everything: /report xlsx last month",
			"/report xls":  "/report xls is not known; did you mean /report xlsx?",
			"/report pdf":  "/report pdf is not known: want csv, xlsx, cointracking, koinly, coinledger or ledger",
			"/graph cake":  "/graph cake is not known: want a number of days, the address of a node, services, losses or value",
			"/graph 0":     "0 days: a picture shows between 1 and 1100",
			"/graph loses": "/graph loses is not known; did you mean /graph losses?",
			"/stats tody":  "/stats tody is not known; did you mean /stats today?",
			"/nodes x":     "/nodes takes nothing; /node show ADDRESS tells of one",
			"/info x":      "/info takes nothing",
			"/node add 'x": "a quote is open: close it with '",
		} {
			_, err := reply(t, b, Request{Text: typed, From: sysadmin})
			require.ErrorIs(t, err, ErrUsage, typed)
			assert.EqualError(t, err, want, typed)
		}
	})
	t.Run("talk is no command", func(t *testing.T) {
		_, err := reply(t, b, Request{Text: "hello"})
		assert.ErrorIs(t, err, ErrNoCommand)
	})
	t.Run("a command for another bot is not answered, nor is it an error", func(t *testing.T) {
		text, err := reply(t, b, Request{Text: "/help@other", BotName: "poktbot", From: investor})
		require.NoError(t, err)
		assert.Empty(t, text)
		text, err = reply(t, b, Request{Text: "/HELP@PoktBot", BotName: "poktbot", From: investor})
		require.NoError(t, err)
		assert.Contains(t, text, "Commands")
	})
	t.Run("who may not is refused, and is not told of the command", func(t *testing.T) {
		_, err := reply(t, b, Request{Text: "/users", From: investor})
		assert.ErrorIs(t, err, ErrDenied)
		assert.ErrorContains(t, err, "admin")
		text, err := reply(t, b, Request{Text: "/help", From: investor})
		require.NoError(t, err)
		assert.NotContains(t, text, "/users")
		assert.Contains(t, text, "/stats")
		_, err = reply(t, b, Request{Text: "/uses", From: investor})
		assert.EqualError(t, err, "/uses is not a command; /help lists what there is")
		_, err = reply(t, b, Request{Text: "/node add " + operatorA, From: investor})
		assert.ErrorIs(t, err, ErrDenied)
	})
	t.Run("every command has help", func(t *testing.T) {
		for _, c := range EveryCommand() {
			text, err := reply(t, b, Request{Text: "/help /" + strings.ToUpper(c.Name), From: sysadmin})
			require.NoError(t, err)
			assert.Contains(t, text, c.Short)
		}
	})
	t.Run("welcome", func(t *testing.T) {
		text, err := reply(t, b, Request{Text: "/start", From: investor})
		require.NoError(t, err)
		assert.Contains(t, text, "/help")
		assert.NotContains(t, text, "simulated")
	})
}

func TestAnswerThatGoesWrong(t *testing.T) {
	var log strings.Builder
	var said error
	b := plainBot(t,
		command{Command: Command{Name: "crash", Needs: rbac.Ask}, run: func(*call) error { panic("secret detail") }},
		command{Command: Command{Name: "long", Needs: rbac.Ask}, run: func(c *call) error {
			for {
				if said = c.say(Progress{}); said != nil {
					return said
				}
			}
		}},
	)
	b.log = slog.New(slog.NewTextHandler(&log, nil))
	t.Run("a fault of the program is told without its details, which the log has", func(t *testing.T) {
		_, err := reply(t, b, Request{Text: "/crash", From: investor})
		assert.EqualError(t, err, "/crash failed: a fault of this program; its log tells more")
		assert.Contains(t, log.String(), "secret detail")
	})
	t.Run("leaving the loop ends the command", func(t *testing.T) {
		for range b.Answer(t.Context(), Request{Text: "/long", From: investor}) {
			break
		}
		assert.ErrorIs(t, said, errStopped)
	})
	t.Run("the end of the context ends it, and is told", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		enough := errors.New("enough")
		var last error
		for _, err := range b.Answer(ctx, Request{Text: "/long", From: investor}) {
			cancel(enough)
			last = err
		}
		assert.ErrorIs(t, last, enough)
	})
	t.Run("a fault of the listener is the listener's", func(t *testing.T) {
		assert.PanicsWithValue(t, "mine", func() {
			for range b.Answer(t.Context(), Request{Text: "/long", From: investor}) {
				panic("mine")
			}
		})
	})
}
