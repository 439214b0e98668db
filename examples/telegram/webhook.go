package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	tg "github.com/go-telegram/bot"

	"github.com/poktbot/poktbot/examples/bot"
)

// mostUpdate is more bytes than an update has.
const mostUpdate = 1 << 20

// A hook is where Telegram brings updates.
type hook struct {
	in     *intake
	path   string
	secret string
	log    *slog.Logger
	wrong  atomic.Int64 // how many came with a wrong secret
}

// derived is a secret that only who knows the token can know. It is the same after a restart.
func derived(token, purpose string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte(purpose))
	return hex.EncodeToString(mac.Sum(nil))
}

// newHook returns the hook, and the address of it that Telegram is told.
func newHook(c bot.Telegram, in *intake, log *slog.Logger) (*hook, string, error) {
	u, err := url.Parse(c.WebhookURL)
	if err != nil {
		return nil, "", errors.New("telegram.webhook_url is not a URL")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/" + derived(c.Token.Reveal(), "path of the webhook")[:32]
	}
	h := &hook{in: in, path: u.Path, secret: c.WebhookSecret.Reveal(), log: log}
	if h.secret == "" {
		h.secret = derived(c.Token.Reveal(), "secret of the webhook")
	}
	return h, u.String(), nil
}

// ServeHTTP takes an update. It answers 200 only when the update is kept: Telegram brings it again otherwise.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != h.path {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "want POST", http.StatusMethodNotAllowed)
		return
	}
	// Bot API, setWebhook: the secret comes in this header. Of equal length and compared in constant time, it cannot be guessed letter by letter.
	got, want := sha256.Sum256([]byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))), sha256.Sum256([]byte(h.secret))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		if n := h.wrong.Add(1); n&(n-1) == 0 { // the 1st, 2nd, 4th, …: strangers do not fill the log
			h.log.Warn("somebody who is not Telegram calls the webhook", "times", n)
		}
		http.Error(w, "wrong secret", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostUpdate))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil || !json.Valid(body) {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	if h.in.full() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if _, err := h.in.accept(r.Context(), []json.RawMessage{body}); err != nil {
		h.log.Error("an update was not kept; Telegram will bring it again", "error", err)
		http.Error(w, "not kept", http.StatusInternalServerError)
	}
}

// serveHook listens for updates until ctx ends.
func (a *api) serveHook(ctx context.Context, c bot.Telegram, in *intake, s *state, log *slog.Logger) error {
	h, address, err := newHook(c, in, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("telegram.listen: %w", err)
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() {
		if c.TLSCert != "" {
			served <- server.ServeTLS(listener, c.TLSCert, c.TLSKey)
		} else {
			served <- server.Serve(listener)
		}
	}()
	log.Info("listening for Telegram", "address", listener.Addr().String())
	err = insist(ctx, s, log, func(ctx context.Context) error {
		_, err := a.SetWebhook(ctx, &tg.SetWebhookParams{URL: address, SecretToken: h.secret, AllowedUpdates: allowedUpdates})
		return a.told("setWebhook", err)
	})
	running := true
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-served:
			running = false
			err = fmt.Errorf("telegram.listen: %w", err)
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, gone := a.DeleteWebhook(ending, &tg.DeleteWebhookParams{}); gone != nil {
		log.Warn("the webhook is still set", "error", a.told("deleteWebhook", gone))
	}
	if stopped := server.Shutdown(ending); stopped != nil {
		log.Debug("not all requests have ended", "error", stopped)
	}
	if running {
		<-served
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}
