package notify

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/poktbot/poktbot/monitor"
)

// An EmailConfig says how e-mail is sent.
type EmailConfig struct {
	Host     string // of the SMTP server
	Port     int    // 0 is 587, or 465 with TLS
	Username string // "" sends without authentication
	Password string
	From     string   // "PoktBot <alerts@example.org>"
	To       []string // at least one
	// TLS speaks TLS from the first byte, as port 465 wants it. Otherwise STARTTLS is demanded unless Plain.
	TLS   bool
	Plain bool          // send without encryption, to a server on the same machine; refused together with a password
	Roots *tls.Config   // for servers with a certificate of one's own; nil is the system's
	Limit time.Duration // for one message; 0 is 30 seconds
}

// An Email sends messages by SMTP. Make it with [NewEmail].
type Email struct {
	config EmailConfig
	opts   []mail.Option
	words  Words
}

// NewEmail returns a notifier that sends each message as an e-mail of plain text. Its Message-ID is made of the message's ID, so that a mail
// which is sent twice is known as one; mails about one alert are one thread. It opens no connection yet.
func NewEmail(config EmailConfig, words Words) (*Email, error) {
	if config.Host == "" || len(config.To) == 0 || config.From == "" {
		return nil, errors.New("e-mail: want a host, a sender and at least one recipient")
	}
	if config.Plain && config.Password != "" {
		return nil, errors.New("e-mail: a password is not sent without encryption: use TLS, or no password")
	}
	probe := mail.NewMsg()
	if err := errors.Join(probe.From(config.From), probe.To(config.To...)); err != nil {
		return nil, fmt.Errorf("e-mail: %w", err)
	}
	opts := []mail.Option{mail.WithTimeout(30 * time.Second), mail.WithoutNoop()}
	if config.Limit > 0 {
		opts = append(opts, mail.WithTimeout(config.Limit))
	}
	switch {
	case config.TLS:
		opts = append(opts, mail.WithSSLPort(false))
	case config.Plain:
		opts = append(opts, mail.WithTLSPortPolicy(mail.NoTLS))
	default:
		opts = append(opts, mail.WithTLSPortPolicy(mail.TLSMandatory))
	}
	if config.Port != 0 {
		opts = append(opts, mail.WithPort(config.Port))
	}
	n := &Email{config: config, words: words}
	opts = append(opts, mail.WithTLSConfig(n.tls()))
	if config.Username != "" {
		method := mail.SMTPAuthAutoDiscover
		if config.TLS {
			method = mail.SMTPAuthPlain // the library does not see that our own connection is encrypted, and would not offer it by itself
		}
		opts = append(opts, mail.WithSMTPAuth(method), mail.WithUsername(config.Username), mail.WithPassword(config.Password))
	}
	if _, err := mail.NewClient(config.Host, opts...); err != nil {
		return nil, fmt.Errorf("e-mail: %w", err)
	}
	n.opts = opts
	return n, nil
}

// Notify sends m.
func (n *Email) Notify(ctx context.Context, m monitor.Message) error {
	title, lines, err := n.words(m)
	if err != nil {
		return fmt.Errorf("words of message %s: %w", m.ID, err)
	}
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(letter.From(n.config.From), letter.To(n.config.To...)); err != nil {
		return &monitor.DeliveryError{Refused: true, Err: fmt.Errorf("e-mail: %w", err)}
	}
	letter.Subject(visible(title)) // one line: whatever a stranger wrote adds no header
	letter.SetMessageIDWithValue(n.mailID(m.ID))
	letter.SetDateWithValue(m.Created)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notes, please
	letter.SetGenHeader("X-Poktbot-Message", visible(m.ID))
	if len(m.Events) == 1 {
		alert := m.Events[0].Alert
		thread := "<" + n.mailID(alert.Key.String()+alert.Since.UTC().Format(time.RFC3339Nano)) + ">"
		letter.SetGenHeader("References", thread)
		letter.SetGenHeader("In-Reply-To", thread)
	}
	body := make([]string, 0, len(lines)+2)
	body = append(body, visible(title), "")
	for _, line := range lines {
		body = append(body, visible(line))
	}
	letter.SetBodyString(mail.TypeTextPlain, strings.Join(body, "\r\n")+"\r\n")
	if err := n.send(ctx, letter); err != nil {
		return n.explain(err)
	}
	return nil
}

// send delivers the letter by a connection of its own, which is closed whatever happens: the library leaves it open when the server
// refuses the greeting or the encryption.
func (n *Email) send(ctx context.Context, letter *mail.Msg) error {
	var conn net.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	dial := func(ctx context.Context, network, address string) (_ net.Conn, err error) {
		if conn, err = new(net.Dialer).DialContext(ctx, network, address); err != nil || !n.config.TLS {
			return conn, err
		}
		secure := tls.Client(conn, n.tls())
		return secure, secure.HandshakeContext(ctx)
	}
	client, err := mail.NewClient(n.config.Host, append(slices.Clip(n.opts), mail.WithDialContextFunc(dial))...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, letter)
}

// tls is how the server proves its name.
func (n *Email) tls() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if n.config.Roots != nil {
		config = n.config.Roots.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = n.config.Host
	}
	return config
}

// mailID returns an address-like name for s, safe for a header whatever s holds.
func (n *Email) mailID(s string) string {
	sum := sha256.Sum256([]byte(s))
	_, host, found := strings.Cut(strings.TrimSuffix(n.config.From, ">"), "@")
	if !found {
		host = "poktbot"
	}
	return hex.EncodeToString(sum[:16]) + "@" + host
}

// explain tells an error that passes from one that does not: a recipient or a message that the server refuses for ever. All else, a refused
// password included, may be put right meanwhile; and so may a mailbox, so that the next message is tried again.
func (n *Email) explain(err error) error {
	refused := false
	if e, ok := errors.AsType[*mail.SendError](err); ok && !e.IsTemp() {
		refused = e.Reason == mail.ErrSMTPRcptTo || e.Reason == mail.ErrSMTPData || e.Reason == mail.ErrSMTPDataClose
		refused = refused && e.ErrorCode() >= 500
	}
	said := err.Error()
	if n.config.Password != "" {
		said = strings.ReplaceAll(said, n.config.Password, "REDACTED") // no server should repeat it, but one might
	}
	return &monitor.DeliveryError{Refused: refused, Err: fmt.Errorf("e-mail by %s: %s", n.config.Host, visible(said))}
}
