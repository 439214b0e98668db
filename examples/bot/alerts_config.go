package bot

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/notify"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report/alert"
)

// Alerts says what is watched beside rewards, and who is told.
type Alerts struct {
	Enabled   bool   `yaml:"enabled"`                         // watch, and tell what is wrong
	Audience  string `yaml:"audience"`                        // sysadmin or investor: whose texts are sent
	Templates string `yaml:"templates" example:"alerts.tmpl"` // a file of texts in place of ours
	// Rules change when something becomes an alert: "tls.expiring remind=1d", "node.* for=10m", "chain.params_changed off".
	Rules []Phrase `yaml:"rules" example:"tls.expiring remind=1d;node.* for=10m;chain.params_changed off"`
	// Texts look for what the chain and the servers say: "timeouts find=\"timeout of\" single=\"{address}: {message}\" many=\"{count} timeouts\"".
	Texts []Phrase `yaml:"texts" example:"timeouts find=\"timeout of\" single=\"{address}: {message}\" many=\"{count} timeouts\""`
	// Served are the endpoints that operators serve, to be compared with those they staked: "pokt1… eth JSON_RPC https://relay.example".
	Served []Phrase `yaml:"served" example:"pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5 eth JSON_RPC https://relay.example"`

	Endpoints    bool             `yaml:"endpoints"`                                                               // look at the URLs that the nodes staked
	Private      []string         `yaml:"private" example:"10.0.0.0/8"`                                            // hosts and networks of one's own, such as 10.0.0.0/8, that those URLs may lead to
	Certificates []string         `yaml:"certificates" example:"relay.example:443"`                                // host:port whose certificates are watched, too
	Validators   []pocket.Address `yaml:"validators" example:"poktvaloper15yk64u7zc9g9k2yr2wmzeva5qgwxps6ye8rew7"` // validators that are watched, too: one whose account is among the nodes need not be named
	MinTransfer  string           `yaml:"min_transfer" example:"100"`                                              // POKT from which a transfer of a wallet is told; empty tells none
	LowBalance   string           `yaml:"low_balance" example:"10"`                                                // POKT below which a wallet's balance is told; empty tells none
	Connectivity []string         `yaml:"connectivity" example:"one.one.one.one:443;dns.quad9.net:443"`            // host:port of others, of which one must answer before silence is believed to be theirs
	Metrics      string           `yaml:"metrics" example:"127.0.0.1:9464"`                                        // host:port to serve metrics for Prometheus on; empty serves none
	Heartbeat    Secret           `yaml:"heartbeat_url" example:"https://hc.example/…"`                            // is asked for while all is well, for a dead man's switch
	Beat         Duration         `yaml:"heartbeat_interval"`                                                      // how often it is asked for

	Log     string  `yaml:"log" example:"warning"` // least severity that is logged; empty logs none
	Webhook Webhook `yaml:"webhook"`
	Email   Email   `yaml:"email"`
}

// Webhook says to which URLs alerts are posted.
type Webhook struct {
	URLs     []Secret `yaml:"urls" example:"https://hooks.example/…"` // to which alerts are posted
	Secret   Secret   `yaml:"secret" example:"…"`                     // signs what is posted
	Severity string   `yaml:"severity"`                               // info, warning or critical: at least
}

// Email says how alerts are sent by SMTP.
type Email struct {
	Host     string   `yaml:"host" example:"smtp.example"`              // of the mail server
	Port     int      `yaml:"port"`                                     // 0 is 587, or 465 with tls
	TLS      bool     `yaml:"tls"`                                      // from the first byte; otherwise STARTTLS
	User     string   `yaml:"user" example:"bot@example.org"`           // of the mailbox
	Password Secret   `yaml:"password" example:"…"`                     // of the mailbox
	From     Phrase   `yaml:"from" example:"PoktBot <bot@example.org>"` // who it says it is
	To       []Phrase `yaml:"to" example:"ana@example.org"`             // who is told
	Severity string   `yaml:"severity"`                                 // info, warning or critical: at least
}

func defaultAlerts() Alerts {
	return Alerts{
		Enabled: true, Audience: string(alert.Sysadmin), Endpoints: true, Beat: Duration(time.Minute),
		Webhook: Webhook{Severity: "info"}, Email: Email{Severity: "warning"},
	}
}

// checkAlerts returns what is wrong with the configuration of alerts.
func (c *Config) checkAlerts() error {
	a := &c.Alerts
	errs := []error{
		c.checkChoice("alerts.audience", a.Audience, string(alert.Sysadmin), string(alert.Investor)),
		c.checkSeverity("alerts.webhook.severity", a.Webhook.Severity), c.checkSeverity("alerts.email.severity", a.Email.Severity),
	}
	if a.Log != "" {
		errs = append(errs, c.checkSeverity("alerts.log", a.Log))
	}
	if _, err := c.rules(); err != nil {
		errs = append(errs, c.fault("alerts.rules", "%w", err))
	}
	if _, err := c.textRules(); err != nil {
		errs = append(errs, c.fault("alerts.texts", "%w", err))
	}
	if _, err := c.served(); err != nil {
		errs = append(errs, c.fault("alerts.served", "%w", err))
	}
	if _, err := c.alertTexts(); err != nil {
		errs = append(errs, c.fault("alerts.templates", "%w", err))
	}
	if _, err := notifiers(c, notify.Bare); err != nil {
		errs = append(errs, err)
	}
	for key, list := range map[string][]string{"alerts.certificates": a.Certificates, "alerts.connectivity": a.Connectivity} {
		for _, text := range list {
			errs = append(errs, c.checkHostPort(key, text))
		}
	}
	errs = append(errs, c.checkValidators())
	if a.Metrics != "" {
		errs = append(errs, c.checkHostPort("alerts.metrics", a.Metrics))
	}
	for _, text := range a.Private {
		errs = append(errs, c.checkPrivate(text))
	}
	for key, text := range map[string]string{"alerts.min_transfer": a.MinTransfer, "alerts.low_balance": a.LowBalance} {
		if _, err := parseAmount(text); err != nil {
			errs = append(errs, c.fault(key, "%w", err))
		}
	}
	if !a.Heartbeat.IsZero() {
		u, err := url.Parse(a.Heartbeat.Reveal())
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = append(errs, c.fault("alerts.heartbeat_url", "not a URL; want one such as https://hc.example/key"))
		}
		if a.Beat < Duration(10*time.Second) {
			errs = append(errs, c.fault("alerts.heartbeat_interval", "%v; want at least 10s", a.Beat))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) checkSeverity(key, text string) error {
	return c.checkChoice(key, text, "info", "warning", "critical")
}

func (c *Config) checkHostPort(key, text string) error {
	if host, port, err := net.SplitHostPort(text); err != nil || port == "" || host == "" && key != "alerts.metrics" {
		return c.fault(key, "%q; want HOST:PORT", clip(text))
	}
	return nil
}

func (c *Config) checkPrivate(text string) error {
	if strings.Contains(text, "/") {
		if _, err := netip.ParsePrefix(text); err != nil {
			return c.fault("alerts.private", "%q; want a network such as 10.0.0.0/8", clip(text))
		}
	}
	return nil
}

// alertTexts are what alerts say, in our words or the user's.
func (c *Config) alertTexts() (*alert.Texts, error) { return c.valuedTexts(nil) }

// valuedTexts are the same, with what amounts were worth beside them.
func (c *Config) valuedTexts(worth func(pocket.Upokt, time.Time) string) (*alert.Texts, error) {
	o, err := c.textOptions(worth)
	if err != nil {
		return nil, err
	}
	return alert.New(o)
}

// textOptions say what alerts say, to whom nothing else is known of.
func (c *Config) textOptions(worth func(pocket.Upokt, time.Time) string) (alert.Options, error) {
	o := alert.Options{Audience: alert.Audience(c.Alerts.Audience), Zone: c.Location(), TimeLayout: c.Dates.Go() + " 15:04", Worth: worth}
	if c.Alerts.Templates != "" {
		text, err := os.ReadFile(c.Alerts.Templates)
		if err != nil {
			return o, err
		}
		o.Templates = string(text)
	}
	return o, nil
}

// notifiers are the destinations that the configuration names.
func notifiers(c *Config, words notify.Words) ([]monitor.Destination, error) {
	var list []monitor.Destination
	var errs []error
	add := func(name, severity string, n monitor.Notifier) {
		d := monitor.Destination{Name: name, Notifier: n}
		_ = d.Filter.Severity.UnmarshalText([]byte(severity)) // it was checked
		list = append(list, d)
	}
	seen := map[string]int{}
	for i, target := range c.Alerts.Webhook.URLs {
		var opts []notify.WebhookOption
		if !c.Alerts.Webhook.Secret.IsZero() {
			opts = append(opts, notify.WithSecret(c.Alerts.Webhook.Secret.Reveal()))
		}
		n, err := notify.NewWebhook(target.Reveal(), words, opts...)
		if err != nil {
			errs = append(errs, c.fault("alerts.webhook.urls", "item %d: %w", i+1, err))
			continue
		}
		name := "webhook " + target.Host()
		if seen[name]++; seen[name] > 1 {
			name += " " + string(rune('0'+seen[name]%10))
		}
		add(name, c.Alerts.Webhook.Severity, n)
	}
	if e := c.Alerts.Email; e.Host != "" || len(e.To) > 0 {
		config := notify.EmailConfig{Host: e.Host, Port: e.Port, TLS: e.TLS, Username: e.User, Password: e.Password.Reveal(), From: string(e.From)}
		for _, to := range e.To {
			config.To = append(config.To, string(to))
		}
		if host := e.Host; e.Password.IsZero() && (host == "localhost" || host == "127.0.0.1" || host == "::1") {
			config.Plain = true // a mail server on the same machine
		}
		n, err := notify.NewEmail(config, words)
		if err != nil {
			errs = append(errs, c.fault("alerts.email", "%w", err))
		} else {
			add("e-mail", e.Severity, n)
		}
	}
	return list, errors.Join(errs...)
}

func (c *Config) checkValidators() error {
	list := c.Alerts.Validators
	for i, address := range list {
		switch kind := address.Kind(); {
		case kind != pocket.ValidatorAddress && kind != pocket.AccountAddress:
			return c.fault("alerts.validators", "item %d, %q, is not a poktvaloper1… address", i+1, address)
		case slices.Contains(list[:i], address):
			return c.fault("alerts.validators", "%s is there twice", address)
		}
	}
	return nil
}
