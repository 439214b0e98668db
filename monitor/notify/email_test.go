package notify

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
)

// A postOffice is an SMTP server as RFC 5321 wants it, with STARTTLS and PLAIN authentication, that answers what a test tells it to.
type postOffice struct {
	listener net.Listener
	tls      *tls.Config
	answers  map[string]string // by the command's verb, in place of the usual
	implicit bool              // TLS from the first byte
	bare     bool              // offers no STARTTLS

	mu      sync.Mutex
	letters []string
	auth    []string
	plain   []string // commands that came unencrypted
	wg      sync.WaitGroup
}

func newPostOffice(t *testing.T, change func(*postOffice)) (*postOffice, *tls.Config) {
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	defer certificate.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Certificate())
	office := &postOffice{tls: &tls.Config{Certificates: certificate.TLS.Certificates}, answers: map[string]string{}}
	if change != nil {
		change(office)
	}
	var err error
	office.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	office.wg.Go(func() {
		for {
			conn, err := office.listener.Accept()
			if err != nil {
				return
			}
			office.wg.Go(func() { office.serve(conn) })
		}
	})
	t.Cleanup(func() { office.listener.Close(); office.wg.Wait() })
	return office, &tls.Config{RootCAs: roots}
}

func (o *postOffice) config(roots *tls.Config) EmailConfig {
	return EmailConfig{
		Host: "127.0.0.1", Port: o.listener.Addr().(*net.TCPAddr).Port, From: "PoktBot <alerts@example.org>",
		To: []string{"ana@example.org", "Luc <luc@example.org>"}, Roots: roots, Limit: 20 * time.Second,
	}
}

func (o *postOffice) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	secure := o.implicit
	if secure {
		conn = tls.Server(conn, o.tls)
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	lines := bufio.NewReader(conn)
	say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
	say("220 post.example ESMTP")
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		verb := strings.ToUpper(strings.Fields(line + " x")[0])
		o.mu.Lock()
		if !secure {
			o.plain = append(o.plain, verb)
		}
		if verb == "AUTH" {
			o.auth = append(o.auth, strings.TrimSpace(line))
		}
		answer := o.answers[verb]
		o.mu.Unlock()
		if answer != "" {
			say(answer)
			continue
		}
		switch verb {
		case "EHLO":
			offers := "250-post.example\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n"
			if !secure && !o.bare {
				offers += "250-STARTTLS\r\n"
			}
			say(offers + "250 SIZE 1000000")
		case "STARTTLS":
			say("220 go ahead")
			conn = tls.Server(conn, o.tls)
			lines, secure = bufio.NewReader(conn), true
		case "AUTH":
			say("235 welcome")
		case "DATA":
			say("354 end with a point")
			var letter strings.Builder
			for {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				letter.WriteString(strings.TrimPrefix(line, "."))
			}
			o.mu.Lock()
			o.letters = append(o.letters, letter.String())
			o.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (o *postOffice) letter(t *testing.T, i int) (*mail.Message, string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	require.Greater(t, len(o.letters), i)
	letter, err := mail.ReadMessage(strings.NewReader(o.letters[i]))
	require.NoError(t, err)
	var body io.Reader = letter.Body
	if letter.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	require.NoError(t, err)
	return letter, string(text)
}

func TestAnEmailGoesEncryptedToAllRecipientsAndSaysWhoItIs(t *testing.T) {
	for name, implicit := range map[string]bool{"STARTTLS": false, "TLS from the first byte": true} {
		t.Run(name, func(t *testing.T) {
			office, roots := newPostOffice(t, func(o *postOffice) { o.implicit = implicit })
			config := office.config(roots)
			config.TLS, config.Username, config.Password = implicit, "ana", "hunter2"
			words := func(monitor.Message) (string, []string, error) {
				return "Knoten geslasht – 1 POKT", []string{".first", "zweite Zeile"}, nil
			}
			require.NoError(t, must(NewEmail(config, words)).Notify(t.Context(), message()))
			letter, text := office.letter(t, 0)
			subject, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
			require.NoError(t, err)
			assert.Equal(t, "Knoten geslasht – 1 POKT", subject)
			assert.Equal(t, "Knoten geslasht – 1 POKT\r\n\r\n.first\r\nzweite Zeile\r\n", text)
			to, err := letter.Header.AddressList("To")
			require.NoError(t, err)
			assert.Len(t, to, 2)
			assert.Equal(t, "auto-generated", letter.Header.Get("Auto-Submitted"))
			date, err := letter.Header.Date()
			require.NoError(t, err)
			assert.True(t, date.Equal(t0), date)
			assert.Len(t, office.auth, 1)
			assert.NotContains(t, office.plain, "AUTH")
			assert.NotContains(t, office.plain, "MAIL")
		})
	}
}

func TestAnEmailSentTwiceHasTheSameIDAndThoseOfOneAlertAreAThread(t *testing.T) {
	office, roots := newPostOffice(t, nil)
	n := must(NewEmail(office.config(roots), Bare))
	resolved := message()
	resolved.ID, resolved.Events = "m-18", []monitor.Event{resolved.Events[0]}
	resolved.Events[0].Kind = monitor.Resolved
	for _, m := range []monitor.Message{message(), message(), resolved} {
		require.NoError(t, n.Notify(t.Context(), m))
	}
	first, _ := office.letter(t, 0)
	again, _ := office.letter(t, 1)
	end, _ := office.letter(t, 2)
	assert.Equal(t, first.Header.Get("Message-Id"), again.Header.Get("Message-Id"))
	assert.NotEqual(t, first.Header.Get("Message-Id"), end.Header.Get("Message-Id"))
	assert.NotEmpty(t, first.Header.Get("References"))
	assert.Equal(t, first.Header.Get("References"), end.Header.Get("References"))
}

func TestAStrangersWordsAddNoHeaderToAnEmail(t *testing.T) {
	office, roots := newPostOffice(t, nil)
	require.NoError(t, must(NewEmail(office.config(roots), hostile)).Notify(t.Context(), message()))
	letter, text := office.letter(t, 0)
	assert.Empty(t, letter.Header.Get("Bcc"))
	assert.NotContains(t, text, "\x1b")
}

func TestAnEmailIsNeverSentUnencryptedUnlessAskedFor(t *testing.T) {
	office, roots := newPostOffice(t, func(o *postOffice) { o.bare = true })
	config := office.config(roots)
	require.Error(t, must(NewEmail(config, Bare)).Notify(t.Context(), message()))
	assert.Empty(t, office.letters)
	config.Plain = true
	require.NoError(t, must(NewEmail(config, Bare)).Notify(t.Context(), message()))
	assert.Len(t, office.letters, 1)
	config.Password = "hunter2"
	_, err := NewEmail(config, Bare)
	require.ErrorContains(t, err, "without encryption")
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestAnEmailIsNotSentToAServerThatCannotProveItsName(t *testing.T) {
	office, _ := newPostOffice(t, nil)
	err := must(NewEmail(office.config(nil), Bare)).Notify(t.Context(), message())
	require.Error(t, err)
	assert.Empty(t, office.letters)
}

func TestAnEmailIsRefusedForEverOnlyWhenTheServerSaysSo(t *testing.T) {
	tests := []struct {
		name, verb, answer string
		refused            bool
	}{
		{"an unknown recipient", "RCPT", "550 5.1.1 no such user", true},
		{"a full mailbox", "RCPT", "452 4.2.2 mailbox full", false},
		{"a refused message", "DATA", "554 5.7.1 spam", true},
		{"a greylist", "RCPT", "451 4.7.1 try again", false},
		{"a wrong password", "AUTH", "535 5.7.8 hunter2 is wrong", false},
		{"a busy server", "EHLO", "421 4.3.2 later", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			office, roots := newPostOffice(t, func(o *postOffice) { o.answers[test.verb] = test.answer })
			config := office.config(roots)
			config.Username, config.Password = "ana", "hunter2"
			err := must(NewEmail(config, Bare)).Notify(t.Context(), message())
			e, ok := errors.AsType[*monitor.DeliveryError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, test.refused, e.Refused, "%v", err)
			assert.False(t, e.Permanent, "the next message may arrive")
			assert.NotContains(t, err.Error(), "hunter2")
			assert.Empty(t, office.letters)
		})
	}
}

func TestAnEmailNeedsAServerASenderAndARecipient(t *testing.T) {
	good := EmailConfig{Host: "127.0.0.1", From: "a@example.org", To: []string{"b@example.org"}}
	for name, change := range map[string]func(*EmailConfig){
		"no host":         func(c *EmailConfig) { c.Host = "" },
		"no sender":       func(c *EmailConfig) { c.From = "" },
		"no recipient":    func(c *EmailConfig) { c.To = nil },
		"a bad sender":    func(c *EmailConfig) { c.From = "ana at example" },
		"a bad recipient": func(c *EmailConfig) { c.To = []string{"b@example.org", "c"} },
	} {
		bad := good
		change(&bad)
		_, err := NewEmail(bad, Bare)
		require.Error(t, err, name)
	}
	_, err := NewEmail(good, Bare)
	require.NoError(t, err)
}
