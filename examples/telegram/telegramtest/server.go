package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

// Username is what the bot is called.
const Username = "pokt_bot"

// BotID is the number of the bot's account.
const BotID = 123

// A Server is the Bot API of one bot. It is safe for concurrent use.
type Server struct {
	token string

	mu       sync.Mutex
	changed  chan struct{} // closed and made anew at each change
	pending  []update
	nextID   int64
	nextMsg  int
	chats    map[int64]*Chat
	presses  map[string]*Press
	menus    map[string][]Command
	menuSets int
	calls    []string
	failures []*Failure
	faults   []string
	hook     string
	secret   string
	all      []time.Time
	polling  int
	given    map[int64]int // how often each update was given out
}

type update struct {
	id  int64
	raw json.RawMessage
}

// A Chat is a private chat, a group or a channel.
type Chat struct {
	server   *Server
	ID       int64
	Kind     string // private, group, supergroup or channel
	Title    string
	Blocked  bool
	moved    int64
	messages []*Message
	sent     []time.Time
}

// A Message is one that the bot sent.
type Message struct {
	ID      int
	Topic   int
	Text    string // or the caption, without markup
	HTML    string
	Buttons []Button
	Photo   []byte
	File    []byte
	Name    string // of the file
	Silent  bool
	Edits   int
	Deleted bool
}

// A Button is one below a message.
type Button struct{ Text, Data string }

// A Press is a button that somebody pressed.
type Press struct {
	ID       string
	Answered int
	Text     string
	at       time.Time
}

// A Command is one that Telegram shows.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// A Failure is how a request fails.
type Failure struct {
	Method     string // "" for any
	Times      int
	Code       int // the error_code; 0 for one of the following
	RetryAfter int
	Page       bool // a proxy's HTML page with the code, which repeats the address
	Reset      bool // the connection ends without an answer
	After      bool // it fails after the request was done, so that only the answer is lost
	Hang       bool // no answer until the client gives up
	Half       int  // only so many bytes of the request are read before it fails; 0 for all
}

// New returns the server of the bot with that token.
func New(token string) *Server {
	return &Server{token: token, changed: make(chan struct{}), nextID: 1000, nextMsg: 10, chats: map[int64]*Chat{}, presses: map[string]*Press{}, menus: map[string][]Command{}, given: map[int64]int{}}
}

func (s *Server) touch() { close(s.changed); s.changed = make(chan struct{}) }

// Fail makes the next requests fail.
func (s *Server) Fail(f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.failures = append(s.failures, &f)
}

// Faults are the rules that the bot has broken.
func (s *Server) Faults() []string { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.faults) }

// Calls are the methods that were called.
func (s *Server) Calls() []string { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.calls) }

// Menu are the commands that are shown in a scope: "default", "all_private_chats", or "chat" and the number of the chat, such as "chat7".
func (s *Server) Menu(scope string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.menus[scope])
}

// MenuSets is how often commands were set.
func (s *Server) MenuSets() int { s.mu.Lock(); defer s.mu.Unlock(); return s.menuSets }

// Pending is how many updates are not confirmed.
func (s *Server) Pending() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.pending) }

// Hook is where updates are brought, and the secret that goes with them.
func (s *Server) Hook() (address, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hook, s.secret
}

// Await waits until something is so, and reports false when it is not within the time.
func (s *Server) Await(ctx context.Context, so func() bool) bool {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if so() {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return so()
		}
	}
}

// Transport makes requests to the server without a socket.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	w := httptest.NewRecorder()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		t.s.ServeHTTP(w, r)
	}()
	select {
	case fault := <-done:
		if fault != nil {
			return nil, io.ErrUnexpectedEOF
		}
		return w.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// refusal is an answer that is not ok.
type refusal struct {
	code       int
	text       string
	retryAfter int
	moved      int64
}

func bad(format string, args ...any) *refusal {
	return &refusal{code: 400, text: "Bad Request: " + fmt.Sprintf(format, args...)}
}

// ServeHTTP answers as the Bot API does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, method, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	s.mu.Lock()
	s.calls = append(s.calls, method)
	f := s.failure(method)
	s.mu.Unlock()
	if f != nil && f.Half > 0 {
		_, _ = io.CopyN(io.Discard, r.Body, int64(f.Half))
		fail(w, r, f)
		return
	}
	fields, files, err := read(r)
	if f != nil && !f.After {
		fail(w, r, f)
		return
	}
	var result any
	var no *refusal
	switch {
	case token != s.token:
		no = &refusal{code: 401, text: "Unauthorized"}
	case err != nil:
		no = bad("%v", err)
	case method == "getUpdates":
		result, no = s.getUpdates(r.Context(), fields)
	default:
		s.mu.Lock()
		result, no = s.call(method, fields, files)
		s.touch()
		s.mu.Unlock()
	}
	if f != nil {
		fail(w, r, f)
		return
	}
	answer := map[string]any{"ok": true, "result": result}
	code := http.StatusOK
	if no != nil {
		code = no.code
		answer = map[string]any{"ok": false, "error_code": no.code, "description": no.text}
		parameters := map[string]any{}
		if no.retryAfter > 0 {
			parameters["retry_after"] = no.retryAfter
		}
		if no.moved != 0 {
			parameters["migrate_to_chat_id"] = no.moved
		}
		answer["parameters"] = parameters
		if no.code == 400 && !strings.Contains(no.text, "not modified") && !strings.Contains(no.text, "not found") && no.moved == 0 {
			s.mu.Lock()
			s.faults = append(s.faults, method+": "+no.text)
			s.mu.Unlock()
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *Server) failure(method string) *Failure {
	for i, f := range s.failures {
		if f.Method == "" || f.Method == method {
			if f.Times--; f.Times == 0 {
				s.failures = slices.Delete(s.failures, i, i+1)
			}
			return f
		}
	}
	return nil
}

func fail(w http.ResponseWriter, r *http.Request, f *Failure) {
	switch {
	case f.Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.Reset:
		panic(http.ErrAbortHandler)
	case f.Page:
		w.WriteHeader(f.Code)
		fmt.Fprintf(w, "<html>%d: no upstream for %s</html>", f.Code, r.URL.Path)
		return
	}
	w.WriteHeader(f.Code)
	answer := map[string]any{"ok": false, "error_code": f.Code, "description": http.StatusText(f.Code)}
	if f.RetryAfter > 0 {
		answer["parameters"] = map[string]any{"retry_after": f.RetryAfter}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

type file struct {
	name string
	body []byte
}

func read(r *http.Request) (map[string]string, map[string]file, error) {
	fields, files := map[string]string{}, map[string]file{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var raw map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
			return nil, nil, err
		}
		for name, value := range raw {
			text := string(value)
			var unquoted string
			if json.Unmarshal(value, &unquoted) == nil {
				text = unquoted
			}
			fields[name] = text
		}
		return fields, files, nil
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if err := r.ParseForm(); err != nil {
			return nil, nil, err
		}
		for name := range r.PostForm {
			fields[name] = r.PostForm.Get(name)
		}
		return fields, files, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, err
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // methods without parameters have no part at all
			return fields, files, nil
		}
		if err != nil {
			if len(fields)+len(files) == 0 && strings.Contains(err.Error(), "EOF") {
				return fields, files, nil
			}
			return nil, nil, err
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, err
		}
		if part.FileName() != "" {
			files[part.FormName()] = file{part.FileName(), body}
		} else {
			fields[part.FormName()] = string(body)
		}
	}
}

// getUpdates gives what is pending from an offset on, confirms what is before, and waits for some.
func (s *Server) getUpdates(ctx context.Context, fields map[string]string) (any, *refusal) {
	offset, _ := strconv.ParseInt(fields["offset"], 10, 64)
	seconds, _ := strconv.Atoi(fields["timeout"])
	s.mu.Lock()
	s.polling++
	busy := s.polling > 1 || s.hook != ""
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.polling--; s.mu.Unlock() }()
	if busy {
		return nil, &refusal{code: 409, text: "Conflict: terminated by other getUpdates request or a webhook is active"}
	}
	late := time.NewTimer(time.Duration(seconds) * time.Second)
	defer late.Stop()
	for {
		s.mu.Lock()
		if offset > 0 {
			s.pending = slices.DeleteFunc(s.pending, func(u update) bool { return u.id < offset })
		}
		list := []json.RawMessage{}
		for _, u := range s.pending {
			if len(list) < 100 {
				s.given[u.id]++
				list = append(list, u.raw)
			}
		}
		changed := s.changed
		s.mu.Unlock()
		if len(list) > 0 || seconds == 0 {
			return list, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return list, nil
		case <-ctx.Done():
			return list, nil
		}
	}
}

func (s *Server) call(method string, fields map[string]string, files map[string]file) (any, *refusal) {
	switch method {
	case "getMe":
		return map[string]any{"id": BotID, "is_bot": true, "first_name": "PoktBot", "username": Username}, nil
	case "deleteWebhook":
		s.hook, s.secret = "", ""
		return true, nil
	case "setWebhook":
		if !strings.HasPrefix(fields["url"], "https://") {
			return nil, bad("bad webhook: HTTPS url must be provided for webhook")
		}
		s.hook, s.secret = fields["url"], fields["secret_token"]
		return true, nil
	case "setMyCommands":
		return s.setMyCommands(fields)
	case "answerCallbackQuery":
		return s.answerPress(fields)
	}
	id, _ := strconv.ParseInt(fields["chat_id"], 10, 64)
	c := s.chats[id]
	switch {
	case c == nil:
		return nil, bad("chat not found")
	case c.moved != 0:
		return nil, &refusal{code: 400, text: "Bad Request: group chat was upgraded to a supergroup chat", moved: c.moved}
	case c.Blocked:
		return nil, &refusal{code: 403, text: "Forbidden: bot was blocked by the user"}
	}
	if strings.HasPrefix(method, "send") {
		if no := s.pace(c); no != nil {
			return nil, no
		}
	}
	m := &Message{}
	switch method {
	case "sendMessage", "sendPhoto", "sendDocument":
	case "editMessageText", "editMessageCaption", "editMessageReplyMarkup", "deleteMessage":
		number, _ := strconv.Atoi(fields["message_id"])
		i := slices.IndexFunc(c.messages, func(m *Message) bool { return m.ID == number && !m.Deleted })
		if i < 0 {
			return nil, bad("message to edit not found")
		}
		m = c.messages[i]
	default:
		return nil, &refusal{code: 404, text: "Not Found: method not found"}
	}
	if method == "deleteMessage" {
		m.Deleted = true
		return true, nil
	}
	next := *m
	if no := next.change(method, fields, files); no != nil {
		return nil, no
	}
	if strings.HasPrefix(method, "edit") {
		if next.HTML == m.HTML && slices.Equal(next.Buttons, m.Buttons) {
			return nil, bad("message is not modified: specified new message content and reply markup are exactly the same")
		}
		next.Edits++
		*m = next
		return m.wire(c), nil
	}
	s.nextMsg++
	next.ID = s.nextMsg
	c.messages = append(c.messages, &next)
	return next.wire(c), nil
}

// change gives a message what a request says, when that is as documented.
func (m *Message) change(method string, fields map[string]string, files map[string]file) *refusal {
	known := map[string]bool{"chat_id": true, "message_id": true, "message_thread_id": true, "parse_mode": true, "disable_notification": true, "link_preview_options": true, "reply_markup": true, "text": true, "caption": true}
	for field := range maps.Keys(fields) {
		if !known[field] {
			return bad("unknown field %s", field)
		}
	}
	media := m.Photo != nil || m.File != nil
	most, html := 4096, fields["text"]
	switch method {
	case "sendPhoto":
		f, ok := files["photo"]
		config, err := png.DecodeConfig(bytes.NewReader(f.body))
		w, h := config.Width, config.Height
		switch {
		case !ok || err != nil:
			return bad("IMAGE_PROCESS_FAILED")
		case len(f.body) > 10_000_000:
			return bad("file is too big for a photo")
		case w+h > 10_000 || w > 20*h || h > 20*w:
			return bad("PHOTO_INVALID_DIMENSIONS")
		}
		m.Photo, m.Name = f.body, f.name
		most, html = 1024, fields["caption"]
	case "sendDocument":
		f, ok := files["document"]
		if !ok || len(f.body) == 0 {
			return bad("file must be non-empty")
		}
		if len(f.body) > 50_000_000 {
			return &refusal{code: 413, text: "Request Entity Too Large"}
		}
		m.File, m.Name = f.body, f.name
		most, html = 1024, fields["caption"]
	case "editMessageCaption":
		if !media {
			return bad("there is no caption in the message to edit")
		}
		most, html = 1024, fields["caption"]
	case "editMessageText":
		if media {
			return bad("there is no text in the message to edit")
		}
	case "editMessageReplyMarkup":
		html = m.HTML
	}
	text := html
	if fields["parse_mode"] == "HTML" || method == "editMessageReplyMarkup" {
		parsed, err := Parse(html)
		if err != nil {
			return bad("%v", err)
		}
		text = parsed
		if n := strings.Count(html, "<") / 2; n > 100 { // each has a beginning and an end, and no other "<" is let through
			return bad("%d entities: those after the 100th would be ignored", n) // Telegram is silent, and people wonder
		}
	}
	if n := len(utf16.Encode([]rune(text))); n > most {
		return bad("message is too long: %d", n)
	}
	if strings.TrimSpace(text) == "" && most == 4096 && !media {
		return bad("message text is empty")
	}
	m.HTML, m.Text = html, text
	m.Topic, _ = strconv.Atoi(fields["message_thread_id"])
	m.Silent = fields["disable_notification"] == "true"
	return m.keyboard(fields["reply_markup"])
}

func (m *Message) keyboard(markup string) *refusal {
	m.Buttons = nil
	if markup == "" {
		return nil
	}
	var k struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	}
	if err := json.Unmarshal([]byte(markup), &k); err != nil {
		return bad("can't parse reply keyboard markup JSON object")
	}
	for _, row := range k.Rows {
		if len(row) > 8 {
			return bad("too many buttons in a row")
		}
		for _, b := range row {
			switch {
			case len(b.Data) < 1 || len(b.Data) > 64:
				return bad("BUTTON_DATA_INVALID")
			case strings.TrimSpace(b.Text) == "":
				return bad("text buttons are not allowed to be empty")
			}
			m.Buttons = append(m.Buttons, Button{b.Text, b.Data})
		}
	}
	if len(m.Buttons) > 100 {
		return bad("reply markup is too long")
	}
	return nil
}

func (m *Message) wire(c *Chat) map[string]any {
	w := map[string]any{"message_id": m.ID, "date": time.Now().Unix(), "chat": c.wire(), "from": map[string]any{"id": BotID, "is_bot": true, "first_name": "PoktBot"}}
	switch {
	case m.Photo != nil:
		w["photo"] = []any{map[string]any{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}}
		w["caption"] = m.Text
	case m.File != nil:
		w["document"] = map[string]any{"file_id": "d", "file_unique_id": "d", "file_name": m.Name}
		w["caption"] = m.Text
	default:
		w["text"] = m.Text
	}
	if m.Topic != 0 {
		w["message_thread_id"], w["is_topic_message"] = m.Topic, true
	}
	return w
}

// pace refuses what is sent too fast.
func (s *Server) pace(c *Chat) *refusal {
	now := time.Now()
	since := func(times []time.Time, d time.Duration) []time.Time {
		return slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= d })
	}
	s.all = since(s.all, time.Second)
	c.sent = since(c.sent, time.Minute)
	if len(s.all) >= 30 || c.ID < 0 && len(c.sent) >= 20 || c.ID > 0 && len(c.sent) >= 66 {
		s.faults = append(s.faults, "too fast in "+strconv.FormatInt(c.ID, 10))
		return &refusal{code: 429, text: "Too Many Requests: retry after 3", retryAfter: 3}
	}
	s.all, c.sent = append(s.all, now), append(c.sent, now)
	return nil
}

func (s *Server) setMyCommands(fields map[string]string) (any, *refusal) {
	var list []Command
	if err := json.Unmarshal([]byte(fields["commands"]), &list); err != nil || len(list) > 100 {
		return nil, bad("can't parse commands")
	}
	for _, c := range list {
		if len(c.Command) < 1 || len(c.Command) > 32 || strings.Trim(c.Command, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if n := len(utf16.Encode([]rune(c.Description))); n < 1 || n > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	var scope struct {
		Type string `json:"type"`
		Chat int64  `json:"chat_id"`
	}
	if text := fields["scope"]; text != "" {
		if err := json.Unmarshal([]byte(text), &scope); err != nil {
			return nil, bad("can't parse BotCommandScope")
		}
	}
	key := scope.Type
	if scope.Chat != 0 {
		key += strconv.FormatInt(scope.Chat, 10)
	}
	s.menus[key] = list
	s.menuSets++
	return true, nil
}

func (s *Server) answerPress(fields map[string]string) (any, *refusal) {
	p := s.presses[fields["callback_query_id"]]
	switch {
	case p == nil:
		return nil, bad("query ID is invalid")
	case time.Since(p.at) > 15*time.Second:
		return nil, bad("query is too old and response timeout expired; not found")
	case p.Answered > 0:
		return nil, bad("the press was answered before")
	case len([]rune(fields["text"])) > 200:
		return nil, bad("MESSAGE_TOO_LONG")
	}
	p.Answered++
	p.Text = fields["text"]
	return true, nil
}
