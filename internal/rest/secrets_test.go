package rest

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestSecrets(t *testing.T) {
	t.Run("no error or log line holds a key of the URL", func(t *testing.T) {
		var logged bytes.Buffer
		for _, handler := range []http.HandlerFunc{
			reset,
			func(w http.ResponseWriter, r *http.Request) {
				status(500, "you asked for "+r.URL.String()+r.Header.Get("Authorization"))(w, r)
			},
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://evil.example"+r.URL.String(), http.StatusFound)
			},
			status(200, "<html>"),
		} {
			base := serve(t, handler)
			url := strings.Replace(base, "http://", "http://username:pass-word@", 1) + "/path-that-is-a-long-key?apikey=queryquery"
			c := client(t, []string{url}, WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
			_, err := greet(t.Context(), c)
			require.Error(t, err)
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), logged.String()} {
				for _, secret := range []string{"username", "pass-word", "queryquery", "path-that-is-a-long-key", "dXNlcm5hbWU6cGFzcy13b3Jk"} {
					assert.NotContains(t, text, secret)
				}
			}
			assert.Contains(t, err.Error(), strings.TrimPrefix(base, "http://"), "the host is told")
		}
		assert.NotEmpty(t, logged.String())
	})
	t.Run("keys are sent", func(t *testing.T) {
		var got string
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			got = user + password + r.URL.RequestURI()
			say("x")(w, r)
		})
		_, err := greet(t.Context(), client(t, []string{strings.Replace(base, "http://", "http://u:p@", 1) + "/a%2Fb/?k=v"}))
		require.NoError(t, err)
		assert.Equal(t, "up/a%2Fb/greet?k=v", got)
	})
	t.Run("text of servers is one line of no great length", func(t *testing.T) {
		_, err := greet(t.Context(), client(t, []string{serve(t, status(500, "a\nb\x1b[31m"+strings.Repeat("€", 1000)))}))
		assert.NotContains(t, err.Error(), "\n")
		assert.NotContains(t, err.Error(), "\x1b")
		assert.Less(t, len(err.Error()), 600)
		assert.True(t, strings.ToValidUTF8(err.Error(), "!") == err.Error())
	})
}

func TestRedirects(t *testing.T) {
	t.Run("within the host they are followed", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/greet" {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			say("moved")(w, r)
		})
		word, err := greet(t.Context(), client(t, []string{url}))
		require.NoError(t, err)
		assert.Equal(t, "moved", word)
	})
	t.Run("to other hosts they are not, and this is said", func(t *testing.T) {
		var n atomic.Int64
		other := serve(t, counted(&n, say("evil")))
		_, err := greet(t.Context(), client(t, []string{serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusTemporaryRedirect) })}))
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
		assert.ErrorContains(t, err, "redirects to another host")
		assert.Zero(t, n.Load())
	})
	t.Run("in a circle they end", func(t *testing.T) {
		_, err := greet(t.Context(), client(t, []string{serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) })}))
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
}

func FuzzParseBase(f *testing.F) {
	for _, seed := range []string{"http://a.example", "https://u:p@h:1/x?y=z", "://", "http://[::1]:80", "http://a b", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseBase(text)
		if err != nil {
			require.ErrorIs(t, err, pocket.ErrInvalid)
			return
		}
		require.NotEmpty(t, u.Hostname())
		require.NotNil(t, URL(u, "/status", "a=b"))
	})
}
