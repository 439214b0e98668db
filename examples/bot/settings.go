package bot

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// A Setting is a key of the configuration that is not as [DefaultConfig] has it.
type Setting struct {
	Key    string // such as "chain.rpc"
	Value  string // without secrets
	Origin string // where it was set, such as "poktbot.yaml:3"
}

// Settings returns what was set, in the order of the keys. Of secrets that are URLs the hosts are told.
func (c *Config) Settings() []Setting {
	var list []Setting
	for _, k := range keysOf(reflect.ValueOf(c).Elem(), "") {
		origin, set := c.origins[k.path]
		if k.file || !set {
			continue
		}
		origin = strings.TrimSuffix(origin, ": "+k.path)
		value := shownValue(k.value)
		if place, ok := k.value.Interface().(Secret); ok && isDatabase(k.path) && !isPostgres(place.Reveal()) {
			value = Plain(place.Reveal()) // the name of a file
		}
		list = append(list, Setting{Key: k.path, Value: value, Origin: origin})
	}
	return list
}

// isDatabase says whether the key at path is a database: a secret if it is a URL, and the name of a file if not.
func isDatabase(path string) bool { return path == "database" || path == "morse.database" }

func shownValue(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		items := make([]string, v.Len())
		for i := range items {
			items[i] = shownValue(v.Index(i))
		}
		return strings.Join(items, ", ")
	}
	if secret, ok := v.Interface().(Secret); ok {
		return cmp.Or(secret.Host(), secret.String())
	}
	return Plain(fmt.Sprint(v.Interface()))
}

// Hidden returns every text of the configuration that must not be seen: secrets, and the passwords in those that are URLs. Who writes logs may
// take them out of what others wrote. Addresses that hold no key, and names of files, are not among them.
func (c *Config) Hidden() []string {
	var hidden []string
	for _, k := range keysOf(reflect.ValueOf(c).Elem(), "") {
		hidden = append(hidden, k.hidden()...)
	}
	return hidden
}

// hidden returns the texts of a key that must not be seen.
func (k key) hidden() (hidden []string) {
	var secrets []Secret
	switch value := k.value.Interface().(type) {
	case Secret:
		secrets = []Secret{value}
	case []Secret:
		secrets = value
	}
	for _, s := range secrets {
		text := s.Reveal()
		if k.file || s.IsZero() || isDatabase(k.path) && !isPostgres(text) {
			continue
		}
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Host == "":
			hidden = append(hidden, text)
		case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
			hidden = append(hidden, text)
			if password, ok := u.User.Password(); ok {
				hidden = append(hidden, password)
			}
		}
	}
	return hidden
}

// warnOfOpenSecrets warns when everybody may read the file of the configuration and there is a secret in it.
func (c *Config) warnOfOpenSecrets() {
	info, err := os.Stat(c.file)
	if err != nil || info.Mode().Perm()&0o004 == 0 {
		return
	}
	for _, k := range keysOf(reflect.ValueOf(c).Elem(), "") {
		origin := c.origins[k.path]
		if strings.HasPrefix(origin, c.file+":") && strings.HasSuffix(origin, ": "+k.path) && len(k.hidden()) > 0 {
			c.warnings = append(c.warnings, origin+": a secret, and everybody on this machine can read the file; put it into one of its own with "+k.path+fileSuffix+", or chmod 600")
		}
	}
}

// File returns the name of the file that the configuration was read from, "" when there was none.
func (c *Config) File() string { return c.file }

// DataFolder returns the folder of the SQLite file, which is where a program may put small files of its own. With PostgreSQL it is the working
// directory; a demonstration has none and gives "".
func (c *Config) DataFolder() string {
	switch {
	case c.simulated:
		return ""
	case c.isPostgres():
		return "."
	}
	return filepath.Dir(c.Database.Reveal())
}

// Demo returns the configuration of a demonstration that is shown as c says: its chats, people, zone, dates and pictures are those of c; its
// chain, nodes, prices and alerts are simulated, and its databases are temporary.
func (c Config) Demo() Config {
	demo := DemoConfig()
	c.Chain, c.PoktScan, c.Morse, c.Database, c.Nodes, c.Wallets, c.Mode = demo.Chain, demo.PoktScan, demo.Morse, demo.Database, demo.Nodes, demo.Wallets, demo.Mode
	c.Retention, c.Prices, c.Alerts, c.simulated, c.demoDays = demo.Retention, demo.Prices, demo.Alerts, demo.simulated, demo.demoDays
	return c
}
