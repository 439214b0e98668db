package bot

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plainBot answers commands that need neither an index nor a chain.
func plainBot(commands ...command) *Bot {
	b := newBot(DefaultConfig(), nil)
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
	b := plainBot()
	t.Run("a command that does not exist suggests one that does", func(t *testing.T) {
		for typed, want := range map[string]string{
			"/stast":       "/stast is not a command; did you mean /stats?",
			"/Reward":      "/reward is not a command; did you mean /rewards?",
			"/xyzzy":       "/xyzzy is not a command; /help lists what there is",
			"/help stat":   "/stat is not a command; did you mean /stats?",
			"/help a b":    "/help takes one command: /help stats",
			"/node":        "/node wants a verb and an address: /node show pokt1…",
			"/node ad x":   "/node ad is not known; did you mean /node add?",
			"/node add":    "/node add wants the address of a node: /node add pokt1…",
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
			_, err := reply(t, b, Request{Text: typed, Role: Sysadmin})
			require.ErrorIs(t, err, ErrUsage, typed)
			assert.EqualError(t, err, want, typed)
		}
	})
	t.Run("talk is no command", func(t *testing.T) {
		_, err := reply(t, b, Request{Text: "hello"})
		assert.ErrorIs(t, err, ErrNoCommand)
	})
	t.Run("a command for another bot is not answered, nor is it an error", func(t *testing.T) {
		text, err := reply(t, b, Request{Text: "/help@other", BotName: "poktbot"})
		require.NoError(t, err)
		assert.Empty(t, text)
		text, err = reply(t, b, Request{Text: "/HELP@PoktBot", BotName: "poktbot"})
		require.NoError(t, err)
		assert.Contains(t, text, "Commands")
	})
	t.Run("who may not is refused, and is not told of the command", func(t *testing.T) {
		_, err := reply(t, b, Request{Text: "/stats"})
		assert.ErrorIs(t, err, ErrDenied)
		assert.EqualError(t, err, "/stats needs the role investor: not allowed")
		text, err := reply(t, b, Request{Text: "/help"})
		require.NoError(t, err)
		assert.NotContains(t, text, "/stats")
		assert.Contains(t, text, "/info")
		_, err = reply(t, b, Request{Text: "/stat"})
		assert.EqualError(t, err, "/stat is not a command; did you mean /start?")
		_, err = reply(t, b, Request{Text: "/node add " + operatorA, Role: Investor})
		assert.ErrorIs(t, err, ErrDenied)
	})
	t.Run("every command has help", func(t *testing.T) {
		for _, c := range b.Commands(Sysadmin) {
			text, err := reply(t, b, Request{Text: "/help /" + strings.ToUpper(c.Name), Role: Sysadmin})
			require.NoError(t, err)
			assert.Contains(t, text, c.Short)
		}
	})
	t.Run("welcome", func(t *testing.T) {
		text, err := reply(t, b, Request{Text: "/start"})
		require.NoError(t, err)
		assert.Contains(t, text, "/help")
		assert.NotContains(t, text, "simulated")
	})
}

func TestAnswerThatGoesWrong(t *testing.T) {
	var log strings.Builder
	var said error
	b := plainBot(
		command{Command{Name: "crash"}, nil, func(*call) error { panic("secret detail") }},
		command{Command{Name: "long"}, nil, func(c *call) error {
			for {
				if said = c.say(Progress{}); said != nil {
					return said
				}
			}
		}},
	)
	b.log = slog.New(slog.NewTextHandler(&log, nil))
	t.Run("a fault of the program is told without its details, which the log has", func(t *testing.T) {
		_, err := reply(t, b, Request{Text: "/crash"})
		assert.EqualError(t, err, "/crash failed: a fault of this program; its log tells more")
		assert.Contains(t, log.String(), "secret detail")
	})
	t.Run("leaving the loop ends the command", func(t *testing.T) {
		for range b.Answer(t.Context(), Request{Text: "/long"}) {
			break
		}
		assert.ErrorIs(t, said, errStopped)
	})
	t.Run("the end of the context ends it, and is told", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		enough := errors.New("enough")
		var last error
		for _, err := range b.Answer(ctx, Request{Text: "/long"}) {
			cancel(enough)
			last = err
		}
		assert.ErrorIs(t, last, enough)
	})
	t.Run("a fault of the listener is the listener's", func(t *testing.T) {
		assert.PanicsWithValue(t, "mine", func() {
			for range b.Answer(t.Context(), Request{Text: "/long"}) {
				panic("mine")
			}
		})
	})
}
