package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Access says who may do what from the start. What is changed in a chat is kept beside it and survives a restart.
type Access struct {
	Public    bool     `yaml:"public"`                                                         // strangers may use the bot, too, each for the addresses that he links himself
	Sysadmins []Phrase `yaml:"sysadmins" example:"telegram:123456789"`                         // act on servers, and manage: accounts such as telegram:123456789
	Admins    []Phrase `yaml:"admins" example:"telegram:123456789;discord:987654321987654321"` // manage nodes, alerts and people
	Investors []Phrase `yaml:"investors" example:"telegram:234567890"`                         // see statistics, reports and pictures
	Quota     int      `yaml:"quota"`                                                          // how many addresses an account may link
}

// maxQuota is more addresses than anybody has, and few enough for an account not to fill the disk.
const maxQuota = 10_000

func defaultAccess() Access { return Access{Quota: 10} }

// checkAccess returns what is wrong with the configuration of access.
func (c *Config) checkAccess() error {
	a := &c.Access
	errs := []error{
		c.checkAccounts("access.sysadmins", a.Sysadmins), c.checkAccounts("access.admins", a.Admins), c.checkAccounts("access.investors", a.Investors),
	}
	if a.Quota < 0 || a.Quota > maxQuota {
		errs = append(errs, c.fault("access.quota", "%d; want between 0 and %d", a.Quota, maxQuota))
	}
	return errors.Join(errs...)
}

func (c *Config) checkAccounts(path string, list []Phrase) error {
	var errs []error
	for i, account := range list {
		if err := checkAccount(string(account)); err != nil {
			errs = append(errs, c.fault(path, "item %d, %q: %w", i+1, clip(string(account)), err))
			continue
		}
		if slices.Contains(list[:i], account) {
			errs = append(errs, c.fault(path, "%s is there twice", account))
		}
	}
	return errors.Join(errs...)
}

// checkAccount says whether text names an account as chats do: the platform, a colon, and what the platform calls it. Telegram and Discord
// number people, and a name may belong to another tomorrow.
func checkAccount(text string) error {
	platform, id, ok := strings.Cut(text, ":")
	switch {
	case !ok || platform == "" || id == "" || strings.ContainsAny(text, " \t\n,;"):
		return errors.New("want PLATFORM:ID, such as telegram:123456789")
	case strings.Trim(platform, "abcdefghijklmnopqrstuvwxyz") != "":
		return fmt.Errorf("the platform is written in small letters, such as %s:123456789", near(platform, "telegram", "discord"))
	case platform == "telegram" || platform == "discord":
		if strings.Trim(id, "0123456789") != "" || id[0] == '0' || len(id) > 20 {
			return fmt.Errorf("want the number of the account, not its name: %s:123456789", platform)
		}
	default:
		if guess := nearest(platform, []string{"telegram", "discord", "local"}); guess != "" && guess != platform {
			return fmt.Errorf("there is no platform %s; did you mean %s?", platform, guess)
		}
	}
	return nil
}

// near is the candidate that a word most likely meant, or else the first.
func near(word string, candidates ...string) string {
	if guess := nearest(word, candidates); guess != "" {
		return guess
	}
	return candidates[0]
}
