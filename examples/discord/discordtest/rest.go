package discordtest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	tokenLife = 15 * time.Minute
	ackTime   = 3 * time.Second
)

// routes are the paths that there are.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/gateway", s.serveGateway)
	handle := func(pattern string, do func(*call)) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /api/v10"+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, do) })
	}
	handle("GET /gateway/bot", func(c *call) {
		c.answer(200, map[string]any{"url": s.Gateway(), "shards": 1, "session_start_limit": map[string]any{"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}})
	})
	for _, where := range []string{"/applications/{app}/commands", "/applications/{app}/guilds/{guild}/commands"} {
		handle("GET "+where, func(c *call) { c.answer(200, append([]Command{}, s.commands[c.r.PathValue("guild")]...)) })
		handle("PUT "+where, (*call).putCommands)
	}
	handle("POST /interactions/{id}/{token}/callback", (*call).callback)
	handle("POST /webhooks/{app}/{token}", (*call).followUp)
	handle("PATCH /webhooks/{app}/{token}/messages/{message}", (*call).editAnswer)
	handle("DELETE /webhooks/{app}/{token}/messages/{message}", (*call).deleteAnswer)
	handle("POST /channels/{channel}/messages", (*call).post)
	handle("PATCH /channels/{channel}/messages/{message}", (*call).edit)
	handle("DELETE /channels/{channel}/messages/{message}", (*call).delete)
	handle("POST /users/@me/channels", (*call).openDirect)
	return mux
}

// A call is one request. The lock of the server is held.
type call struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	body []byte
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, do func(*call)) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 600<<20))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.tell()
	c := &call{s, w, r, body}
	s.requests = append(s.requests, r.Method+" "+s.shown(r))
	hasToken := r.Header.Get("Authorization") == "Bot "+Token
	open := strings.Contains(r.URL.Path, "/interactions/") || strings.Contains(r.URL.Path, "/webhooks/")
	switch {
	case c.lost(do):
	case c.fault():
	case !open && !hasToken:
		c.fail(401, 0, "401: Unauthorized")
	case !strings.HasPrefix(r.Header.Get("User-Agent"), "DiscordBot ("):
		c.complain(r, "the user agent is %q", r.Header.Get("User-Agent"))
		c.fail(403, 0, "user agent")
	default:
		do(c)
	}
}

// lost does what is asked and breaks the connection instead of answering, if that is due.
func (c *call) lost(do func(*call)) bool {
	for _, f := range c.faults {
		if f.Lost && f.Times > 0 && strings.Contains(c.r.Method+" "+c.r.URL.Path, f.Match) {
			f.Times--
			do(&call{c.Server, httptest.NewRecorder(), c.r, c.body})
			panic(http.ErrAbortHandler)
		}
	}
	return false
}

// fault answers with a fault, if one is due.
func (c *call) fault() bool {
	for _, f := range c.faults {
		if f.Lost || f.Times <= 0 || !strings.Contains(c.r.Method+" "+c.r.URL.Path, f.Match) {
			continue
		}
		f.Times--
		if f.Bare {
			c.w.WriteHeader(f.Status)
			_, _ = io.WriteString(c.w, "<html>"+http.StatusText(f.Status)+"</html>")
			return true
		}
		body := map[string]any{"message": "injected for " + c.r.URL.Path, "code": f.Code}
		if f.Status == http.StatusTooManyRequests {
			body["retry_after"], body["global"] = f.RetryAfter, f.Global
			c.w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter+0.999)))
			c.w.Header().Set("X-RateLimit-Scope", "user")
			if f.Global {
				c.w.Header().Set("X-RateLimit-Global", "true")
				c.w.Header().Set("Retry-After", strconv.FormatFloat(f.RetryAfter, 'f', -1, 64))
			}
		}
		c.answer(f.Status, body)
		return true
	}
	return false
}

func (c *call) answer(status int, body any) {
	h := c.w.Header()
	h.Set("X-RateLimit-Bucket", "bucket")
	h.Set("X-RateLimit-Limit", "50")
	h.Set("X-RateLimit-Remaining", "49")
	h.Set("X-RateLimit-Reset-After", "0.500")
	if body == nil {
		c.w.WriteHeader(status)
		return
	}
	h.Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(mustJSON(body))
}

func (c *call) fail(status, code int, message string) {
	c.answer(status, map[string]any{"code": code, "message": message})
}

// refuse answers that the request is against a rule, and notes that.
func (c *call) refuse(format string, args ...any) {
	c.complain(c.r, format, args...)
	c.fail(400, 50035, "Invalid Form Body: "+fmt.Sprintf(format, args...))
}

func (c *call) putCommands() {
	var list []Command
	if err := json.Unmarshal(c.body, &list); err != nil {
		c.refuse("commands: %v", err)
		return
	}
	if faults := checkCommands(list); len(faults) > 0 {
		c.refuse("%s", strings.Join(faults, "; "))
		return
	}
	c.commands[c.r.PathValue("guild")] = list
	c.writes++
	c.answer(200, list)
}

// callback is the first sign of the bot.
func (c *call) callback() {
	i := c.acts[c.r.PathValue("token")]
	switch {
	case i == nil || i.ID != c.r.PathValue("id"):
		c.fail(404, 10062, "Unknown interaction")
		return
	case i.acked:
		c.complain(c.r, "acknowledged twice")
		c.fail(400, 40060, "Interaction has already been acknowledged.")
		return
	case c.now.Sub(i.begun) > ackTime:
		c.fail(404, 10062, "Unknown interaction")
		return
	}
	var body struct {
		Type int `json:"type"`
		Data struct {
			Flags   int      `json:"flags"`
			Choices []Choice `json:"choices"`
		} `json:"data"`
	}
	err := json.Unmarshal(c.body, &body)
	want := map[int]int{2: 5, 3: 6, 4: 8}[i.kind]
	switch {
	case err != nil || body.Type != want:
		c.refuse("a callback of type %d to an interaction of type %d", body.Type, i.kind)
		return
	case len(body.Data.Choices) > 25 || slices.ContainsFunc(body.Data.Choices, func(o Choice) bool { return !length(o.Name, 1, 100) || !length(o.Value, 1, 100) }):
		c.refuse("choices")
		return
	case body.Data.Flags&^64 != 0:
		c.refuse("flags %d", body.Data.Flags)
		return
	}
	i.acked, i.Choices = true, body.Data.Choices
	if i.kind == 2 {
		i.original = &Message{ID: c.id(), Channel: i.channel, Thinking: true, Ephemeral: body.Data.Flags&64 != 0, For: i.who.ID, Flags: body.Data.Flags, act: i}
		c.messages = append(c.messages, i.original)
	}
	c.answer(204, nil)
}

// interaction returns the living interaction of the token in the path, or answers that there is none.
func (c *call) interaction() *Interaction {
	i := c.acts[c.r.PathValue("token")]
	switch {
	case i == nil:
		c.fail(404, 10015, "Unknown Webhook")
	case c.now.Sub(i.begun) > tokenLife:
		c.fail(401, 50027, "Invalid Webhook Token")
		return nil
	case !i.acked:
		c.fail(404, 10015, "Unknown Webhook")
		return nil
	}
	return i
}

func (c *call) followUp() {
	i := c.interaction()
	if i == nil {
		return
	}
	p, files, ok := c.message(c.r.Method, 4|64)
	if !ok {
		return
	}
	m := i.original
	if m == nil || !m.Thinking {
		m = &Message{ID: c.id(), Channel: i.channel, For: i.who.ID, Ephemeral: p.Flags&64 != 0, act: i}
		c.messages = append(c.messages, m)
	}
	p.put(m, files)
	c.answer(200, map[string]any{"id": m.ID})
}

// answered returns the message of an interaction that the path names.
func (c *call) answered(i *Interaction) *Message {
	name := c.r.PathValue("message")
	for _, m := range c.messages {
		if !m.Deleted && (name == "@original" && m == i.original || m.ID == name && m.act == i) {
			return m
		}
	}
	c.fail(404, 10008, "Unknown Message")
	return nil
}

func (c *call) editAnswer() {
	i := c.interaction()
	if i == nil {
		return
	}
	m := c.answered(i)
	if m == nil {
		return
	}
	if p, files, ok := c.message(c.r.Method, 4); ok {
		p.put(m, files)
		c.answer(200, map[string]any{"id": m.ID})
	}
}

func (c *call) deleteAnswer() {
	i := c.interaction()
	if i == nil {
		return
	}
	if m := c.answered(i); m != nil {
		m.Deleted = true
		c.answer(204, nil)
	}
}

func (c *call) post() {
	channel := c.r.PathValue("channel")
	if c.channels[channel] == nil {
		c.fail(404, 10003, "Unknown Channel")
		return
	}
	if p, files, ok := c.message(c.r.Method, 4|4096); ok {
		for _, posted := range c.messages {
			if p.Enforce && posted.nonce == p.Nonce && posted.Channel == channel {
				c.answer(200, map[string]any{"id": posted.ID})
				return
			}
		}
		m := &Message{ID: c.id(), Channel: channel, nonce: p.Nonce}
		p.put(m, files)
		c.messages = append(c.messages, m)
		c.answer(200, map[string]any{"id": m.ID})
	}
}

// posted returns the message in a channel that the path names. Those that only one sees are not there.
func (c *call) posted() *Message {
	for _, m := range c.messages {
		if m.ID == c.r.PathValue("message") && m.Channel == c.r.PathValue("channel") && !m.Deleted && !m.Ephemeral {
			return m
		}
	}
	c.fail(404, 10008, "Unknown Message")
	return nil
}

func (c *call) edit() {
	m := c.posted()
	if m == nil {
		return
	}
	if p, files, ok := c.message(c.r.Method, 4); ok {
		p.put(m, files)
		c.answer(200, map[string]any{"id": m.ID})
	}
}

func (c *call) delete() {
	if m := c.posted(); m != nil {
		m.Deleted = true
		c.answer(204, nil)
	}
}

func (c *call) openDirect() {
	var body struct {
		Recipient string `json:"recipient_id"`
	}
	if json.Unmarshal(c.body, &body) != nil || body.Recipient == "" {
		c.refuse("no recipient")
		return
	}
	c.answer(200, map[string]any{"id": c.direct(body.Recipient), "type": 1})
}

// A payload is a message as it is sent.
type payload struct {
	Content     *string     `json:"content"`
	Components  []Component `json:"components"`
	Attachments []struct {
		ID   int    `json:"id"`
		Name string `json:"filename"`
	} `json:"attachments"`
	Mentions *struct {
		Parse []string `json:"parse"`
	} `json:"allowed_mentions"`
	Flags   int    `json:"flags"`
	Nonce   string `json:"nonce"`
	Enforce bool   `json:"enforce_nonce"`
}

func (p *payload) put(m *Message, files []File) {
	if p.Content != nil {
		m.Content = *p.Content
	}
	if p.Components != nil {
		m.Components = p.Components
	}
	m.Files = append(m.Files, files...)
	m.Flags |= p.Flags
	m.Thinking = false
}

// message reads a message and holds it against the rules.
func (c *call) message(method string, flags int) (p payload, files []File, ok bool) {
	kind, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	text := c.body
	switch kind {
	case "application/json":
	case "multipart/form-data":
		form, err := multipart.NewReader(strings.NewReader(string(c.body)), params["boundary"]).ReadForm(64 << 20)
		if err != nil || len(form.Value["payload_json"]) != 1 {
			c.refuse("multipart: %v", err)
			return p, nil, false
		}
		text = []byte(form.Value["payload_json"][0])
		for k := 0; ; k++ {
			headers := form.File["files["+strconv.Itoa(k)+"]"]
			if len(headers) != 1 {
				break
			}
			f, err := headers[0].Open()
			if err != nil {
				c.refuse("multipart: %v", err)
				return p, nil, false
			}
			body, _ := io.ReadAll(f)
			files = append(files, File{headers[0].Filename, body})
			if len(body) > 10<<20 {
				c.fail(413, 40005, "Request entity too large")
				return p, nil, false
			}
		}
	default:
		c.refuse("content type %q", kind)
		return p, nil, false
	}
	if err := json.Unmarshal(text, &p); err != nil {
		c.refuse("body: %v", err)
		return p, nil, false
	}
	content := ""
	if p.Content != nil {
		content = *p.Content
	}
	switch {
	case !length(content, 0, 2000):
		c.refuse("a text of more than 2000")
	case strings.TrimSpace(content) == "" && len(files) == 0 && method == http.MethodPost:
		c.refuse("an empty message")
	case p.Flags&^flags != 0:
		c.refuse("flags %d, of which only %d may be set there", p.Flags, flags)
	case p.Mentions == nil || p.Mentions.Parse == nil || len(p.Mentions.Parse) > 0:
		c.refuse("somebody could be called: allowed_mentions")
	case len(p.Nonce) > 25 || p.Enforce && p.Nonce == "":
		c.refuse("nonce %q", p.Nonce)
	case len(p.Attachments) != len(files):
		c.refuse("%d attachments, %d files", len(p.Attachments), len(files))
	case checkComponents(p.Components) != "":
		c.refuse("components: %s", checkComponents(p.Components))
	default:
		return p, files, true
	}
	return p, nil, false
}

// checkComponents returns what is against the rules.
func checkComponents(rows []Component) string {
	if len(rows) > 5 {
		return fmt.Sprintf("%d rows", len(rows))
	}
	ids := map[string]bool{}
	for _, row := range rows {
		n := len(row.Components)
		if row.Type != 1 || n < 1 || n > 5 {
			return fmt.Sprintf("a row of type %d with %d", row.Type, n)
		}
		for _, c := range row.Components {
			if !length(c.ID, 1, 100) || ids[c.ID] {
				return fmt.Sprintf("custom_id %q", c.ID)
			}
			ids[c.ID] = true
			switch {
			case c.Type == 2 && length(c.Label, 1, 80) && c.Style >= 1 && c.Style <= 4:
			case c.Type == 3 && n == 1 && len(c.Options) >= 1 && len(c.Options) <= 25:
				values := map[string]bool{}
				for _, o := range c.Options {
					if !length(o.Label, 1, 100) || !length(o.Value, 1, 100) || values[o.Value] {
						return fmt.Sprintf("option %q", o.Label)
					}
					values[o.Value] = true
				}
			default:
				return fmt.Sprintf("component of type %d, %q", c.Type, c.Label)
			}
		}
	}
	return ""
}
