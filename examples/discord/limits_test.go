package main

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/disgoorg/disgo/rest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/discord/discordtest"
)

// A counter answers as Discord does: so many requests in a span, and those beyond are refused.
type counter struct {
	mu      sync.Mutex
	limit   int
	span    time.Duration
	left    int
	until   time.Time
	refused int
}

func (c *counter) answer() *http.Response {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !time.Now().Before(c.until) {
		c.left, c.until = c.limit, time.Now().Add(c.span)
	}
	status := http.StatusOK
	if c.left--; c.left < 0 {
		c.left, status = 0, http.StatusTooManyRequests
		c.refused++
	}
	header := http.Header{}
	header.Set("X-RateLimit-Remaining", strconv.Itoa(c.left))
	header.Set("X-RateLimit-Reset-After", strconv.FormatFloat(time.Until(c.until).Seconds(), 'f', 3, 64))
	return &http.Response{StatusCode: status, Header: header}
}

func TestABurstDrawsNoRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, discord := newPace(), &counter{limit: 5, span: 5 * time.Second}
		to := rest.CreateMessage.Compile(nil, "123")
		began := time.Now()
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				if assert.NoError(t, p.Wait(t.Context(), to)) {
					time.Sleep(80 * time.Millisecond) // on the way
					assert.NoError(t, p.Unlock(to, discord.answer()))
				}
			})
		}
		all.Wait()
		assert.Zero(t, discord.refused)
		assert.Less(t, time.Since(began), 45*time.Second, "and it takes not much longer than Discord wants")
	})
}

func TestAllRequestsTogetherKeepBelowWhatABotMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		began := time.Now()
		for i := range 200 {
			to := rest.CreateMessage.Compile(nil, strconv.Itoa(i))
			require.NoError(t, p.Wait(t.Context(), to))
			require.NoError(t, p.Unlock(to, nil))
		}
		assert.GreaterOrEqual(t, time.Since(began), 4*time.Second, "at most 50 a second")
	})
}

func TestAMessageWhoseAnswerIsLostIsPostedOnce(t *testing.T) {
	p, server := platformOn(t)
	channel := server.Channel("guild")
	server.Fail(discordtest.Fault{Match: "/messages", Times: 1, Lost: true})
	to, err := p.Open("discord:" + channel)
	require.NoError(t, err)
	m := text("once")
	m.Once = "abcdefghijklmnopqrstuvwx"
	_, err = to.Send(t.Context(), m)
	require.Error(t, err, "the answer was lost")
	id, err := to.Send(t.Context(), m)
	require.NoError(t, err)
	posted := server.Messages(channel)
	require.Len(t, posted, 1)
	assert.Equal(t, posted[0].ID, id)
	m.Once = "another"
	_, err = to.Send(t.Context(), m)
	require.NoError(t, err)
	assert.Len(t, server.Messages(channel), 2)
}
