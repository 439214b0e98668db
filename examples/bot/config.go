package bot

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
)

// ConfigName is the file that programs read when none is named, and configVariable names another.
const (
	ConfigName     = "poktbot.yaml"
	configVariable = "POKTBOT_CONFIG"
)

// A Config is all that one file and the environment may set. [DefaultConfig] has the defaults, [LoadConfig] reads it and
// [Config.Validate] checks it. Printing one shows no secret.
type Config struct {
	Chain     Chain            `yaml:"chain"`
	PoktScan  PoktScan         `yaml:"poktscan"`
	Morse     Morse            `yaml:"morse"`
	Database  Secret           `yaml:"database"`                                                                                                // a path of an SQLite file, or a postgres:// URL
	Nodes     []pocket.Address `yaml:"nodes" example:"pokt1cctzyqv68ss06lmqnhyf07yggxwsv4329rcuu5;pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"` // operators to watch from the start, and nodes of Morse; /node adds more
	Wallets   []pocket.Address `yaml:"wallets" example:"pokt1tlenzxkfh38zr34wrhqjpsuvm0g3m2wazmsdl5"`                                           // whose part of the rewards is "my share"
	Mode      Mode             `yaml:"mode"`                                                                                                    // watched keeps what concerns the nodes, everything all that is settled
	Poll      Duration         `yaml:"poll_interval"`                                                                                           // how often to look for a new block where the node has no websocket
	Retention Duration         `yaml:"retention"`                                                                                               // single events older than this are dropped, daily sums stay; 0 keeps all
	Zone      string           `yaml:"zone"`                                                                                                    // whose days are days: a name such as Europe/Madrid
	Decimal   string           `yaml:"decimal_mark"`                                                                                            // of numbers in files: point or comma
	Dates     DateLayout       `yaml:"dates"`                                                                                                   // how dates are written, such as DD/MM/YYYY, and read
	Theme     string           `yaml:"theme"`                                                                                                   // of pictures: light or dark
	GraphDays int              `yaml:"graph_days"`                                                                                              // how many days /graph shows when no number is given
	Prices    Prices           `yaml:"prices"`
	Tax       Tax              `yaml:"tax"`
	Alerts    Alerts           `yaml:"alerts"`
	Access    Access           `yaml:"access"`
	Telegram  Telegram         `yaml:"telegram"`
	Discord   Discord          `yaml:"discord"`
	Releases  Releases         `yaml:"releases"`

	file      string                  // that was read, if any
	origins   map[string]string       // where each key that was set stands, for errors
	files     map[string][]secretFile // of keys whose values are still to be read from there
	warnings  []string
	simulated bool // the chain and the database come with the demonstration
	demoDays  int  // how long a past the simulated chain has
}

// Chain says which chain to read and from whom.
type Chain struct {
	RPC  []Secret `yaml:"rpc" example:"http://127.0.0.1:26657"` // CometBFT RPC, the best first; secret, because many hosts put a key into the path
	REST []Secret `yaml:"rest" example:"http://127.0.0.1:1317"` // Cosmos REST, the best first
	ID   string   `yaml:"id" example:"pocket"`                  // such as pocket; a node of another chain is refused. Empty trusts the nodes
}

// Prices says in which currency money is shown beside POKT, and who tells what POKT was worth.
type Prices struct {
	Currency  string    `yaml:"currency" example:"EUR"`           // a code such as EUR; empty shows POKT alone
	Sources   []string  `yaml:"sources" example:"file;coingecko"` // file and coingecko, in the order in which they are believed
	File      string    `yaml:"file" example:"prices.csv"`        // CSV: a date or time, and a price, in each line
	CoinGecko CoinGecko `yaml:"coingecko"`
}

// CoinGecko says how CoinGecko is asked for prices.
type CoinGecko struct {
	Plan string `yaml:"plan"`                                       // free, demo or pro
	Key  Secret `yaml:"key" example:"CG-…"`                         // of the plans demo and pro
	Coin string `yaml:"coin"`                                       // what CoinGecko calls POKT
	URL  Secret `yaml:"url" example:"https://proxy.example/api/v3"` // another root of the API than CoinGecko's own, such as a proxy's
}

// Tax says how files for tax programs are written.
type Tax struct {
	Platform      string   `yaml:"platform" example:"Pocket"`                                         // where it was earned, in formats with such a column
	Asset         string   `yaml:"asset" example:"POKT"`                                              // what the tax program calls POKT
	CurrencyAlias string   `yaml:"currency_alias" example:"Euro"`                                     // what the currency is called in names of columns, such as Euro
	Times         string   `yaml:"times" example:"%d/%m/%Y %H:%M:%S %z"`                              // layout of times; empty is what the format wants
	ByDay         bool     `yaml:"by_day"`                                                            // one line for each wallet and day
	Losses        bool     `yaml:"losses"`                                                            // also slashes and the fees of transactions
	Columns       []Phrase `yaml:"columns" example:"Type;Buy Amount;Buy Cur.;Date;Tx-ID=Transaction"` // which columns, in which order, under which names: NAME or NAME=WORD; empty is all
	Types         []Phrase `yaml:"types" example:"reward=Staking"`                                    // words for kinds of lines: reward=Staking
}

// PoktScan says where history may be read that a full node does not have, or only slowly. What happens now is read from the chain.
type PoktScan struct {
	URL []Secret `yaml:"url" example:"https://data.pocket.network/graphql"` // GraphQL services such as https://data.pocket.network/graphql, the best first
	Key Secret   `yaml:"key" example:"…"`                                   // if they want one
}

// Morse says how the chain before Shannon is read. It ended in 2025.
type Morse struct {
	RPC        []Secret `yaml:"rpc" example:"http://127.0.0.1:8081"`         // of archival nodes, such as http://127.0.0.1:8081
	Tendermint []Secret `yaml:"tendermint" example:"http://127.0.0.1:26657"` // of the same, if open, such as http://127.0.0.1:26657: it tells rewards that are computed otherwise
	ID         string   `yaml:"id" example:"mainnet"`                        // such as mainnet; empty trusts the nodes
	Database   Secret   `yaml:"database" example:"poktbot-morse.db"`         // its own index; empty is a file beside that of Shannon
}

// Mode says how much of the chain the index keeps.
type Mode string

// The modes.
const (
	Watched    Mode = "watched"    // what concerns the nodes watched
	Everything Mode = "everything" // every settlement of every supplier
)

// DefaultConfig returns the configuration of which files and the environment change what they name.
func DefaultConfig() Config {
	return Config{
		Database:  NewSecret("poktbot.db"),
		Mode:      Watched,
		Poll:      Duration(15 * time.Second),
		Zone:      "UTC",
		Decimal:   "point",
		Dates:     "YYYY-MM-DD",
		Theme:     "light",
		GraphDays: 15,
		Alerts:    defaultAlerts(),
		Access:    defaultAccess(),
		Releases:  defaultReleases(),
		Telegram:  defaultTelegram(),
		Discord:   defaultDiscord(),
		Prices:    Prices{CoinGecko: CoinGecko{Plan: "free", Coin: "pocket-network"}},
	}
}

// LoadConfig returns the defaults, changed by the file at path, changed by environ, which is as [os.Environ] gives it. A secret may be in a file
// of its own, which the key with _file behind its name tells: telegram.token_file, POKTBOT_TELEGRAM_TOKEN_FILE.
// With an empty path it takes $POKTBOT_CONFIG, else poktbot.yaml in the working directory or beside the program, else no file. Its
// errors name file, line and key, or the variable. It does not call [Config.Validate].
func LoadConfig(path string, environ []string) (Config, error) {
	c := DefaultConfig()
	path = cmp.Or(path, lookup(environ, configVariable))
	text, name, err := readConfig(path)
	if err != nil {
		return Config{}, err
	}
	if text != nil {
		c.file = name
	}
	if err = c.read(name, text, environ); err != nil {
		return Config{}, err
	}
	c.warnOfOpenSecrets()
	return c, nil
}

// read changes c by the text of a file, then by environ, then by the files of secrets that they name.
func (c *Config) read(name string, text []byte, environ []string) error {
	return errors.Join(c.readFile(name, text), c.readEnviron(environ), c.readSecrets())
}

func lookup(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func readConfig(path string) (text []byte, name string, err error) {
	if path != "" {
		text, err = readText(path)
		if err != nil {
			return nil, "", fmt.Errorf("configuration: %w", err)
		}
		return text, path, nil
	}
	places := []string{ConfigName}
	if program, err := os.Executable(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(program), ConfigName))
	}
	for _, place := range places {
		text, err = readText(place)
		if err == nil {
			return text, place, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, "", fmt.Errorf("configuration: %w", err)
		}
	}
	return nil, ConfigName, nil
}

func (c *Config) setOrigin(path, origin string) {
	if c.origins == nil {
		c.origins = map[string]string{}
	}
	c.origins[path] = origin
}

// fault makes an error that says where the key was set.
func (c *Config) fault(path, format string, args ...any) error {
	return fmt.Errorf("%s: %w", cmp.Or(c.origins[path], path), fmt.Errorf(format, args...))
}

// Validate returns an error that names every key that makes no sense, and where it was set; nil when all do.
func (c *Config) Validate() error {
	var errs []error
	if !c.simulated && (c.hasShannon() || !c.hasMorse()) {
		errs = append(errs,
			c.checkURLs("chain.rpc", c.Chain.RPC, "a CometBFT RPC address such as http://127.0.0.1:26657"),
			c.checkURLs("chain.rest", c.Chain.REST, "a Cosmos REST address such as http://127.0.0.1:1317"))
	}
	errs = append(errs, c.checkPast())
	errs = append(errs, c.checkAddresses("nodes", c.Nodes), c.checkAddresses("wallets", c.Wallets))
	if c.Database.IsZero() && !c.simulated {
		errs = append(errs, c.fault("database", "empty; want a file name such as poktbot.db or a postgres:// URL"))
	}
	if _, err := ParseZone(c.Zone); err != nil {
		errs = append(errs, c.fault("zone", "%w", err))
	}
	errs = append(errs,
		c.checkChoice("mode", string(c.Mode), string(Watched), string(Everything)),
		c.checkChoice("decimal_mark", c.Decimal, "point", "comma"),
		c.checkChoice("theme", c.Theme, "light", "dark"),
		c.checkChoice("dates", string(c.Dates), DateLayouts()...),
	)
	if c.Poll < Duration(time.Second) || c.Poll > Duration(time.Hour) {
		errs = append(errs, c.fault("poll_interval", "%v; want between 1s and 1h", c.Poll))
	}
	if c.Retention != 0 && c.Retention < Duration(24*time.Hour) {
		errs = append(errs, c.fault("retention", "%v; want at least 1d, or 0 to keep all", c.Retention))
	}
	if c.GraphDays < 1 || c.GraphDays > maxGraphDays {
		errs = append(errs, c.fault("graph_days", "%d; want between 1 and %d", c.GraphDays, maxGraphDays))
	}
	errs = append(errs, c.checkPrices(), c.checkTax(), c.checkAlerts(), c.checkAccess(), c.checkReleases())
	errs = append(errs, c.checkTelegram(), c.checkDiscord())
	return errors.Join(errs...)
}

func (c *Config) checkURLs(path string, urls []Secret, want string) error {
	if len(urls) == 0 {
		return c.fault(path, "missing; want %s", want)
	}
	for i, s := range urls {
		u, err := url.Parse(s.Reveal())
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return c.fault(path, "item %d is not a URL; want %s", i+1, want) // the text may hold a key: it is not repeated
		}
	}
	return nil
}

func (c *Config) checkAddresses(path string, list []pocket.Address) error {
	for i, address := range list {
		switch kind := address.Kind(); {
		case kind == pocket.MorseAddress && !c.hasMorse():
			return c.fault(path, "item %d, %q, is of Morse, but morse.rpc names no node to ask", i+1, address)
		case kind == pocket.AccountAddress && !c.hasShannon() && !c.simulated && path == "nodes":
			return c.fault(path, "item %d, %q, is of Shannon, but chain.rpc names no node to ask", i+1, address)
		case kind != pocket.AccountAddress && kind != pocket.MorseAddress:
			return c.fault(path, "item %d, %q, is not a pokt1… address", i+1, address)
		}
		if slices.Contains(list[:i], address) {
			return c.fault(path, "%s is there twice", address)
		}
	}
	return nil
}

func (c *Config) checkChoice(path, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	want := strings.Join(choices[:len(choices)-1], ", ") + " or " + choices[len(choices)-1]
	if near := nearest(value, choices); near != "" {
		return c.fault(path, "%q; did you mean %s? Want %s", clip(value), near, want)
	}
	return c.fault(path, "%q; want %s", clip(value), want)
}

// Location returns the zone that days are taken in, UTC when the name makes no sense.
func (c *Config) Location() *time.Location {
	zone, err := ParseZone(c.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// maxGraphDays is about how many days a picture can hold apart.
const maxGraphDays = 1100
