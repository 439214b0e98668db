package chat_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/bot/chat"
	"github.com/poktbot/poktbot/examples/bot/chat/chattest"
	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
)

// A deaf platform takes everything and keeps nothing.
type deaf struct{ *chattest.Platform }

func (deaf) Open(string) (chat.Channel, error) { return deafChannel{}, nil }

type deafChannel struct{}

func (deafChannel) Send(context.Context, chat.Message) (string, error) { return "1", nil }
func (deafChannel) Edit(context.Context, string, chat.Message) error   { return nil }

func onFile(b testing.TB, name string) keep.Store {
	db, err := sqlite.Connect(b.Context(), filepath.Join(b.TempDir(), name))
	require.NoError(b, err)
	b.Cleanup(func() {
		require.NoError(b, db.Read.Close())
		require.NoError(b, db.Write.Close())
	})
	store, err := keep.NewStore(b.Context(), keep.DB{Write: db.Write, Read: db.Read, Dialect: keep.Dialect(db.Dialect)})
	require.NoError(b, err)
	return store
}

func BenchmarkHandle(b *testing.B) {
	for _, line := range []string{"/text", "/menu", "/pages"} {
		for _, store := range []string{"memory", "SQLite"} {
			b.Run(line[1:]+"/"+store, func(b *testing.B) {
				p, f := chattest.New(), menuBot().on("/text", bot.Text{Title: "Text", Lines: numbered("line", 10)}).on("/pages", bot.Text{Title: "Pages", Lines: numbered("line", 1000)})
				if store == "SQLite" {
					f.kept = onFile(b, "keep.db")
				}
				e := chat.New(f, deaf{p}, chat.WithPace(1<<30, 1<<30))
				u := p.Type("ana", "home", line)
				u.Answer = deafChannel{}
				for b.Loop() {
					if err := e.Handle(context.Background(), u); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkNotify(b *testing.B) {
	for _, store := range []string{"memory", "SQLite"} {
		b.Run(store, func(b *testing.B) {
			p, f := chattest.New(), newFakeBot()
			if store == "SQLite" {
				f.kept = onFile(b, "keep.db")
			}
			n := notifier(b, chat.New(f, deaf{p}), admin())
			for i := 0; b.Loop(); i++ {
				tell(b, n, message(monitor.Fired, certificate(fmt.Sprint("node", i))))
			}
		})
	}
}
