package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"runtime"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// The operations of the gateway.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// intents are what is listened to besides interactions, which always come: texts in channels, of which Discord shows those that mention the bot, and
// direct messages.
const intents = 1<<9 | 1<<12

const (
	helloTime  = 20 * time.Second
	closeTime  = 2 * time.Second
	longestMsg = 16 << 20
	keepOpen   = 4000 // closes a connection but not the session
)

// A gateway listens to what happens on Discord. When its connection is lost, it takes up the session where it was.
type gateway struct {
	url    func(context.Context) (string, error)
	token  string
	handle func(event string, data []byte) // is called one after the other
	pause  func(try int, fresh bool) time.Duration
	log    *slog.Logger

	session, resume string
	sequence        int64
	mu              sync.Mutex
	fault           error // why nothing is heard now
}

// errNotYet: nothing was heard yet.
var errNotYet = errors.New("the gateway of Discord is not connected yet")

// pauses are how long to wait before a try to connect. A new session may be begun only every five seconds.
func pauses(try int, fresh bool) time.Duration {
	wait := min(time.Minute, time.Second<<min(try, 6))
	if fresh {
		wait = max(wait, 5*time.Second)
	}
	return wait/2 + rand.N(wait/2+1) + map[bool]time.Duration{true: 3 * time.Second}[fresh]
}

// well returns why nothing is heard, nil when all is.
func (g *gateway) well() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fault
}

func (g *gateway) hears(fault error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = fault
}

// run listens until ctx ends, or until Discord says that it makes no sense to try again.
func (g *gateway) run(ctx context.Context) error {
	g.hears(errNotYet)
	for try := 0; ; try++ {
		ready := false
		err := g.connect(ctx, &ready)
		if ctx.Err() != nil {
			return nil
		}
		if fatal := hopeless(err); fatal != nil {
			return fatal
		}
		if ready {
			try = 0
		}
		wait := g.pause(try, g.session == "")
		g.hears(fmt.Errorf("the gateway of Discord is not connected: %w", err))
		g.log.Warn("the gateway of Discord is not connected; it is tried again", "error", err, "after", wait.Round(time.Millisecond), "resumes", g.session != "")
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// hopeless is an error after which trying again makes no sense.
func hopeless(err error) error {
	if errors.Is(err, errToken) {
		return err
	}
	switch code := websocket.CloseStatus(err); code {
	case 4004:
		return fmt.Errorf("the gateway closed with %d: %w", code, errToken)
	case 4013, 4014:
		return fmt.Errorf("the gateway closed with %d: Discord does not allow what the bot listens to (intents %d); look at Privileged Gateway Intents in the developer portal", code, intents)
	case 4010, 4011, 4012:
		return fmt.Errorf("the gateway closed with %d: Discord does not take this version of the program any more, or the bot is in too many servers for it", code)
	}
	return nil
}

// A frame is what is sent over the gateway.
type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s,omitempty"`
	Type string          `json:"t,omitempty"`
}

// connect connects and listens until the connection ends, and returns why it did.
func (g *gateway) connect(ctx context.Context, ready *bool) error {
	address := g.resume
	if g.session == "" || address == "" {
		var err error
		if address, err = g.url(ctx); err != nil {
			return err
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the address of the gateway makes no sense")
	}
	u.RawQuery = url.Values{"v": {"10"}, "encoding": {"json"}}.Encode()
	u.Path = cmp.Or(u.Path, "/")
	dialing, cancel := context.WithTimeout(ctx, helloTime)
	conn, _, err := websocket.Dial(dialing, u.String(), nil)
	cancel()
	if err != nil {
		return fmt.Errorf("connect to %s: %w", u.Host, err)
	}
	conn.SetReadLimit(longestMsg)
	// A context that ends while it is read breaks the connection: reading has its own, and goodbye is said first.
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	defer func() {
		stop()
		_ = conn.CloseNow()
		working.Wait()
	}()
	working.Go(func() {
		select {
		case <-reading.Done():
		case <-ctx.Done():
			killed := time.AfterFunc(closeTime, func() { _ = conn.CloseNow() })
			defer killed.Stop()
			_ = conn.Close(websocket.StatusNormalClosure, "")
		}
	})
	return (&connection{gateway: g, conn: conn, working: &working, ready: ready}).listen(reading)
}

// A connection is one of a gateway.
type connection struct {
	*gateway
	conn    *websocket.Conn
	working *sync.WaitGroup
	ready   *bool

	beating sync.Mutex
	waiting bool // for the answer to a heartbeat
	last    int64
}

func (c *connection) read(ctx context.Context) (frame, error) {
	var f frame
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, errors.New("the gateway sent what cannot be read")
	}
	return f, nil
}

func (c *connection) write(ctx context.Context, op int, data any) error {
	text, err := json.Marshal(map[string]any{"op": op, "d": data})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, helloTime)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, text)
}

// listen does what the gateway says.
func (c *connection) listen(ctx context.Context) error {
	greeting, cancel := context.WithTimeout(ctx, helloTime)
	f, err := c.read(greeting)
	cancel()
	if err != nil {
		return err
	}
	var hello struct {
		Interval int64 `json:"heartbeat_interval"` // milliseconds
	}
	if err := json.Unmarshal(f.Data, &hello); f.Op != opHello || err != nil || hello.Interval <= 0 {
		return c.leave("the gateway does not greet")
	}
	c.last = c.sequence
	c.working.Go(func() { c.beat(ctx, time.Duration(hello.Interval)*time.Millisecond) })
	if err := c.introduce(ctx); err != nil {
		return err
	}
	for {
		f, err := c.read(ctx)
		if err != nil {
			return err
		}
		if err := c.obey(ctx, f); err != nil {
			return err
		}
	}
}

// introduce says who is there: whoever was here before, or somebody new.
func (c *connection) introduce(ctx context.Context) error {
	if c.session != "" {
		return c.write(ctx, opResume, map[string]any{"token": c.token, "session_id": c.session, "seq": c.sequence})
	}
	return c.write(ctx, opIdentify, map[string]any{
		"token": c.token, "intents": intents, "properties": map[string]string{"os": runtime.GOOS, "browser": "poktbot", "device": "poktbot"},
	})
}

// obey does what one frame says.
func (c *connection) obey(ctx context.Context, f frame) error {
	switch f.Op {
	case opDispatch:
		c.dispatch(f)
	case opHeartbeat:
		return c.write(ctx, opHeartbeat, c.sequence)
	case opReconnect:
		return c.leave("Discord wants the connection to be made anew")
	case opInvalidSession:
		if string(f.Data) != "true" {
			c.session, c.resume, c.sequence = "", "", 0
		}
		return c.leave("Discord does not know the session")
	case opHeartbeatAck:
		c.beating.Lock()
		c.waiting = false
		c.beating.Unlock()
	}
	return nil
}

// dispatch is something that has happened.
func (c *connection) dispatch(f frame) {
	c.sequence = f.Seq
	c.beating.Lock()
	c.last = f.Seq
	c.beating.Unlock()
	switch f.Type {
	case "READY":
		var r struct {
			Session string `json:"session_id"`
			Resume  string `json:"resume_gateway_url"`
		}
		_ = json.Unmarshal(f.Data, &r) // without them the next connection begins anew
		c.session, c.resume = r.Session, r.Resume
		*c.ready = true
		c.hears(nil)
		c.log.Info("connected to Discord")
	case "RESUMED":
		*c.ready = true
		c.hears(nil)
		c.log.Info("connected to Discord again")
	default:
		c.handle(f.Type, f.Data)
	}
}

// leave closes the connection in a way that keeps the session.
func (c *connection) leave(why string) error {
	_ = c.conn.Close(keepOpen, "")
	return errors.New(why)
}

// beat says again and again that somebody listens, and ends the connection when no answer comes.
func (c *connection) beat(ctx context.Context, every time.Duration) {
	timer := time.NewTimer(rand.N(every)) // not all clients at once
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		c.beating.Lock()
		dead, last := c.waiting, c.last
		c.waiting = true
		c.beating.Unlock()
		if dead {
			c.log.Warn("the gateway of Discord does not answer")
			_ = c.conn.CloseNow()
			return
		}
		if c.write(ctx, opHeartbeat, last) != nil {
			return // the reader knows why
		}
		timer.Reset(every)
	}
}
