package bot

import (
	"errors"
	"net"
	"net/url"
	"strconv"
)

// Discord says as whom the bot speaks on Discord, and how.
type Discord struct {
	Token     Secret `yaml:"token" example:"…"`                              // of the bot; the developer portal makes one
	Guild     string `yaml:"guild" example:"123456789012345678"`             // register the commands in this server alone, where they appear at once; empty is everywhere
	Ephemeral bool   `yaml:"ephemeral"`                                      // in channels of a server only who asked sees the answer
	MaxFile   int    `yaml:"max_file"`                                       // MiB that a file may have; servers with boosts take more
	API       string `yaml:"api_url" example:"https://discord.com/api/v10"`  // another root of the API than Discord's own, such as a proxy's
	Gateway   string `yaml:"gateway_url" example:"wss://gateway.discord.gg"` // another gateway than the one that the API tells
}

// mostMaxFile is what a server of the highest level takes, in MiB, and a bit more for levels to come.
const mostMaxFile = 500

func defaultDiscord() Discord { return Discord{Ephemeral: true, MaxFile: 10} }

// checkDiscord returns what is wrong with the configuration of Discord.
func (c *Config) checkDiscord() error {
	d := c.Discord
	var errs []error
	if id, err := strconv.ParseUint(d.Guild, 10, 64); d.Guild != "" && (err != nil || id == 0) {
		errs = append(errs, c.fault("discord.guild", "%q is not the number of a server; with the developer mode on, Copy Server ID tells it", clip(d.Guild)))
	}
	if d.MaxFile < 1 || d.MaxFile > mostMaxFile {
		errs = append(errs, c.fault("discord.max_file", "%d; want between 1 and %d MiB", d.MaxFile, mostMaxFile))
	}
	errs = append(errs,
		c.checkService("discord.api_url", d.API, "http", "https", "https://discord.com/api/v10"),
		c.checkService("discord.gateway_url", d.Gateway, "ws", "wss", "wss://gateway.discord.gg"))
	return errors.Join(errs...)
}

// checkService returns what is wrong with a URL to which a token is sent: only on the same machine may it go there in the clear.
func (c *Config) checkService(path, text, plain, safe, want string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != plain && u.Scheme != safe || u.RawQuery != "" || u.Fragment != "":
		return c.fault(path, "not a URL; want one such as %s", want)
	case u.User != nil:
		return c.fault(path, "a URL with a user in it would be shown; want one such as %s", want)
	case u.Scheme == plain && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
		return c.fault(path, "the token would go to %s in the clear; want %s://", u.Hostname(), safe)
	}
	return nil
}
