package bot

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// Telegram says as whom the bot speaks on Telegram, and how it hears of what is written there.
type Telegram struct {
	Token         Secret `yaml:"token" example:"123456789:…"`                        // of the bot; @BotFather makes one
	APIURL        string `yaml:"api_url" example:"https://api.telegram.org"`         // another Bot API server than Telegram's own
	Mode          string `yaml:"mode"`                                               // polling asks for updates; webhook has them brought
	WebhookURL    string `yaml:"webhook_url" example:"https://bot.example/telegram"` // where they are brought; without a path a secret one is made
	Listen        string `yaml:"listen" example:"127.0.0.1:8443"`                    // where the program listens for them, behind a proxy or by itself
	WebhookSecret Secret `yaml:"webhook_secret" example:"a-long-random-word"`        // what Telegram says each time to be believed; empty makes one
	TLSCert       string `yaml:"tls_cert" example:"/etc/poktbot/fullchain.pem"`      // certificate of the listener, where no proxy stands before it
	TLSKey        string `yaml:"tls_key" example:"/etc/poktbot/privkey.pem"`         // its key
}

// The modes of Telegram.
const (
	TelegramPolling = "polling" // the program asks: it needs no address of its own
	TelegramWebhook = "webhook" // Telegram calls
)

func defaultTelegram() Telegram { return Telegram{Mode: TelegramPolling} }

// checkTelegram returns what is wrong with the configuration of Telegram.
func (c *Config) checkTelegram() error {
	t := c.Telegram
	errs := []error{c.checkChoice("telegram.mode", t.Mode, TelegramPolling, TelegramWebhook)}
	if t.APIURL != "" {
		u, err := url.Parse(t.APIURL)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "":
			errs = append(errs, c.fault("telegram.api_url", "not a URL; want one such as https://api.telegram.org"))
		case u.User != nil:
			errs = append(errs, c.fault("telegram.api_url", "a URL with a user in it would be shown; want one such as https://api.telegram.org"))
		}
	}
	if t.Mode == TelegramWebhook {
		errs = append(errs, c.checkWebhook())
	}
	if (t.TLSCert == "") != (t.TLSKey == "") {
		errs = append(errs, c.fault("telegram.tls_cert", "a certificate and its key belong together; set telegram.tls_cert and telegram.tls_key, or neither"))
	}
	// Bot API, setWebhook: secret_token has 1 to 256 characters.
	if secret := t.WebhookSecret.Reveal(); len(secret) > 256 || strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		errs = append(errs, c.fault("telegram.webhook_secret", "want at most 256 of the characters A to Z, a to z, 0 to 9, _ and -"))
	}
	return errors.Join(errs...)
}

// checkWebhook returns what keeps Telegram from calling.
func (c *Config) checkWebhook() error {
	var errs []error
	u, err := url.Parse(c.Telegram.WebhookURL)
	switch {
	case c.Telegram.WebhookURL == "":
		errs = append(errs, c.fault("telegram.webhook_url", "missing; telegram.mode is webhook: want where Telegram is to call, such as https://bot.example"))
	case err != nil || u.Host == "" || u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		errs = append(errs, c.fault("telegram.webhook_url", "want an https:// URL without user and query, such as https://bot.example"))
	}
	if _, _, err := net.SplitHostPort(c.Telegram.Listen); err != nil {
		errs = append(errs, c.fault("telegram.listen", "%q; want the address and port to listen on, such as 127.0.0.1:8443", clip(c.Telegram.Listen)))
	}
	return errors.Join(errs...)
}
