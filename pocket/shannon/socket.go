package shannon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

const (
	// frameLimit caps a frame: a header takes about 1 kB.
	frameLimit = 1 << 20
	// pingEvery is how often a silent socket is asked for a sign of life, and pingTimeout how long it may take.
	pingEvery   = 20 * time.Second
	pingTimeout = 10 * time.Second
	// dialTimeout is how long a socket may take until it is subscribed.
	dialTimeout = 15 * time.Second
	// The pauses between attempts to connect grow between these.
	firstReconnect = time.Second
	lastReconnect  = time.Minute
)

// subscribe asks for headers only: the other subscriptions carry up to 20 MB for a settlement block, and slow readers of them are cut off.
const subscribe = `{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"query":"tm.event='NewBlockHeader'"}}`

// A socket keeps a websocket to the preferred node and says when there is a new block. What it tells is a hint: blocks are read by other
// calls.
type socket struct {
	nodes *nodes
	wake  chan<- struct{} // with room for one

	mu     sync.Mutex
	newest pocket.Height // told by any connection, or known otherwise
	live   bool          // subscribed and heard from
	heard  time.Time     // when the last frame came
	missed int           // looks in a row that found blocks it did not tell of
	drop   context.CancelFunc
}

// run connects again and again until ctx ends.
func (s *socket) run(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		began := time.Now()
		err := s.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > lastReconnect { // it worked for a while
			attempt = 0
		}
		pause := min(lastReconnect, firstReconnect<<min(attempt, 10))
		pause -= rand.N(pause/2 + 1)
		s.nodes.log.Info("websocket is down, polling", "again", pause, "error", err)
		s.ring() // what came while it broke is to be looked for
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// connect subscribes and reads until the connection breaks.
func (s *socket) connect(ctx context.Context) error {
	base := s.nodes.rpc.Preferred()
	if base == nil {
		return errors.New("no node may be used")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialing, stop := context.WithTimeout(ctx, dialTimeout)
	defer stop()
	conn, response, err := websocket.Dial(dialing, socketURL(base), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: s.nodes.rpc.Transport(), CheckRedirect: noRedirect},
	})
	if err != nil {
		return s.plainly(base, "connect", response, err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(frameLimit)
	if err := conn.Write(dialing, websocket.MessageText, []byte(subscribe)); err != nil {
		return s.plainly(base, "subscribe", nil, err)
	}
	s.mu.Lock()
	s.drop, s.missed = cancel, 0
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.live, s.drop = false, nil
		s.mu.Unlock()
	}()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		defer cancel()
		s.ping(ctx, conn)
	})
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			return s.plainly(base, "read", nil, err)
		}
		if err := s.hear(frame); err != nil {
			return err
		}
	}
}

// plainly says what failed with which host; errors of the library hold the URL and with it keys.
func (s *socket) plainly(base *url.URL, what string, response *http.Response, err error) error {
	status := websocket.CloseStatus(err)
	switch {
	case response != nil && response.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("%s %s: HTTP %d", what, base.Host, response.StatusCode)
	case status != -1:
		return fmt.Errorf("%s %s: closed with status %d", what, base.Host, status)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s %s: %w", what, base.Host, context.DeadlineExceeded)
	default:
		return fmt.Errorf("%s %s: the connection broke", what, base.Host)
	}
}

// noRedirect refuses redirects: they could lead to another host.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func socketURL(base *url.URL) string {
	u := rest.URL(base, "/websocket", "")
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	return u.String()
}

// ping ends when the other side gives no sign of life.
func (s *socket) ping(ctx context.Context, conn *websocket.Conn) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		pinging, stop := context.WithTimeout(ctx, pingTimeout)
		err := conn.Ping(pinging)
		stop()
		if err != nil {
			return
		}
	}
}

// hear reads a frame: an answer to the subscription, or the header of a new block.
func (s *socket) hear(frame []byte) error {
	var message struct {
		Error  *envelopeError `json:"error"`
		Result struct {
			Data struct {
				Type  string `json:"type"`
				Value struct {
					Header wireHeader `json:"header"`
				} `json:"value"`
			} `json:"data"`
		} `json:"result"`
	}
	if err := json.Unmarshal(frame, &message); err != nil {
		return errors.New("the websocket sends no JSON")
	}
	if message.Error != nil {
		return fmt.Errorf("the node refuses the subscription: %.200s %.200s", message.Error.Message, message.Error.Data)
	}
	header := message.Result.Data.Value.Header
	s.nodes.mu.Lock()
	foreign := header.ChainID != "" && s.nodes.chain != "" && header.ChainID != s.nodes.chain
	s.nodes.mu.Unlock()
	if foreign {
		return fmt.Errorf("the websocket tells of chain %.50q", header.ChainID)
	}
	s.mu.Lock()
	s.live, s.heard = true, time.Now()
	if header.Height > 0 {
		s.missed = 0
	}
	news := pocket.Height(header.Height) > s.newest
	if news {
		s.newest = pocket.Height(header.Height)
	}
	s.mu.Unlock()
	if news {
		s.ring()
	}
	return nil
}

func (s *socket) ring() {
	select {
	case s.wake <- struct{}{}:
	default: // it will wake anyway
	}
}

// alive tells whether the socket is subscribed, so that looking less often is enough.
func (s *socket) alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// latest is the newest height that was told of.
func (s *socket) latest() pocket.Height {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest
}

// silentFor is how long a socket that misses blocks must have been silent to be given up: a block may be found just before it is told of.
const silentFor = 5 * time.Second

// found notes a height that was found by looking. A node silently drops the subscription of a reader it thinks slow: a socket that
// misses blocks at two looks in a row is connected anew.
func (s *socket) found(h pocket.Height) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = max(s.newest, h)
	if !s.live {
		return
	}
	if s.missed++; s.missed > 1 && time.Since(s.heard) > silentFor {
		s.live = false
		s.drop()
	}
}

// overtold takes back what was told of blocks that nobody has: newest is the newest that was read.
func (s *socket) overtold(newest pocket.Height) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = min(s.newest, newest)
}
