package discordtest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// A gate is the gateway: one session, of which every event is kept for when it is resumed.
type gate struct {
	interval   time.Duration
	session    string
	events     []event
	conn       *websocket.Conn
	cancel     context.CancelFunc
	identified int
	resumed    int
	beats      int
	intents    int
	silent     bool // heartbeats are not answered
	refuse     int  // the next connection is closed with this
}

type event struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int             `json:"s"`
	Type string          `json:"t"`
}

type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
}

// A Session says how often the bot has come, and how.
type Session struct {
	Connected           bool
	Identified, Resumed int
	Beats               int // heartbeats
	Intents             int
}

// Session tells of the gateway.
func (s *Server) Session() Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := &s.gate
	return Session{g.conn != nil, g.identified, g.resumed, g.beats, g.intents}
}

// Heartbeat sets how often the bot is to say that it is there, and whether it is answered. It is for connections to come.
func (s *Server) Heartbeat(every time.Duration, answered bool) {
	s.change(func() { s.gate.interval, s.gate.silent = every, !answered })
}

// Drop breaks the connection without a word.
func (s *Server) Drop() {
	s.change(func() {
		if s.gate.conn != nil {
			s.gate.cancel()
			s.gate.conn = nil
		}
	})
}

// Refuse closes the next connection with a code.
func (s *Server) Refuse(code int) { s.change(func() { s.gate.refuse = code }) }

// Reconnect asks the bot to connect anew.
func (s *Server) Reconnect() { s.send(7, nil) }

// Invalidate tells the bot that its session has ended, or only that it is to be resumed.
func (s *Server) Invalidate(resumable bool) {
	s.change(func() {
		if !resumable {
			s.gate.session = ""
		}
	})
	s.send(9, resumable)
}

func (s *Server) send(op int, data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(frame{op, mustJSON(data)})
}

// write writes to who is connected, if anybody is. The lock is held.
func (s *Server) write(v any) {
	if s.gate.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.gate.conn.Write(ctx, websocket.MessageText, mustJSON(v)) // who has gone reads it when the session is resumed
}

// dispatch tells the bot of something, now or when it has come again.
func (s *Server) dispatch(kind string, data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := &s.gate
	e := event{Op: 0, Data: mustJSON(data), Seq: len(g.events) + 1, Type: kind}
	g.events = append(g.events, e)
	s.write(e)
}

// serveGateway is one connection.
func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.mu.Lock()
	refuse, interval := s.gate.refuse, s.gate.interval
	s.gate.refuse = 0
	if q := r.URL.Query(); q.Get("v") != "10" || q.Get("encoding") != "json" {
		s.complain(r, "query %v", q)
	}
	s.mu.Unlock()
	if refuse != 0 {
		_ = conn.Close(websocket.StatusCode(refuse), "refused")
		return
	}
	hello := frame{10, mustJSON(map[string]any{"heartbeat_interval": interval.Milliseconds()})}
	if conn.Write(ctx, websocket.MessageText, mustJSON(hello)) != nil {
		return
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			s.change(func() {
				if s.gate.conn == conn {
					s.gate.conn = nil
					if code := websocket.CloseStatus(err); code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway {
						s.gate.session = "" // that is what these codes mean
					}
				}
			})
			return
		}
		var f frame
		if json.Unmarshal(text, &f) != nil {
			_ = conn.Close(4002, "decode error")
			return
		}
		if code := s.hear(r, conn, cancel, f); code != 0 {
			_ = conn.Close(code, "")
			return
		}
	}
}

// hear answers one frame of the bot, or returns with which code to close.
func (s *Server) hear(r *http.Request, conn *websocket.Conn, cancel context.CancelFunc, f frame) websocket.StatusCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.tell()
	g := &s.gate
	reply := func(v any) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = conn.Write(ctx, websocket.MessageText, mustJSON(v))
	}
	var d struct {
		Token   string `json:"token"`
		Intents int    `json:"intents"`
		Session string `json:"session_id"`
		Seq     int    `json:"seq"`
	}
	switch f.Op {
	case 1:
		g.beats++
		if !g.silent {
			reply(frame{Op: 11})
		}
	case 2, 6:
		if json.Unmarshal(f.Data, &d) != nil {
			return 4002
		}
		if d.Token != Token {
			return 4004
		}
		if g.conn != nil && g.conn != conn {
			g.cancel()
		}
		if f.Op == 6 {
			if g.session == "" || d.Session != g.session || d.Seq > len(g.events) {
				reply(frame{9, mustJSON(false)})
				return 0
			}
			g.conn, g.cancel = conn, cancel
			g.resumed++
			for _, e := range g.events[d.Seq:] {
				reply(e)
			}
			e := event{Data: mustJSON(map[string]any{}), Seq: len(g.events) + 1, Type: "RESUMED"}
			g.events = append(g.events, e)
			reply(e)
			return 0
		}
		if d.Intents&(1<<1|1<<8|1<<15) != 0 {
			return 4014
		}
		g.identified++
		g.intents = d.Intents
		g.session = "session-" + strconv.Itoa(g.identified)
		ready := event{Data: mustJSON(map[string]any{
			"v": 10, "user": map[string]any{"id": App, "username": "poktbot", "bot": true}, "guilds": []any{}, "session_id": g.session,
			"resume_gateway_url": s.Gateway(), "application": map[string]any{"id": App},
		}), Seq: 1, Type: "READY"}
		g.events = []event{ready}
		g.conn, g.cancel = conn, cancel
		reply(ready)
	default:
		s.complain(r, "operation %d", f.Op)
		return 4001
	}
	return 0
}
