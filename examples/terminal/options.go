package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/examples/bot"
)

// options are the arguments, and the configuration that they and the file make together.
type options struct {
	demo     bool
	check    bool
	version  bool
	verbose  bool
	commands list
	out      string
	config   bot.Config
	file     string // the configuration's, "" when none was named
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// errArguments: what is wrong with the arguments was told already.
var errArguments = errors.New("bad arguments")

// parse reads the arguments and the configuration. Arguments win over the environment, and that over the file.
func parse(args, environ []string, stderr io.Writer) (options, error) {
	var o options
	var rpc, rest, nodes, wallets, morse, poktscan list
	var database, zone, chain, currency, prices string
	flags := flag.NewFlagSet("terminal", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "PoktBot on a command line. One of these begins:\n",
			"  terminal -demo\n  terminal -rpc URL -rest URL -node ADDRESS [-node ADDRESS…]\n  terminal -morse URL -node ADDRESS\n  terminal -config poktbot.yaml\n\n")
		flags.PrintDefaults()
	}
	flags.BoolVar(&o.demo, "demo", false, "simulate a chain in the process and watch its nodes")
	flags.Var(&rpc, "rpc", "CometBFT RPC `URL` of a full node; repeat it for others to fall back on")
	flags.Var(&rest, "rest", "Cosmos REST `URL` of a full node; may be repeated")
	flags.Var(&morse, "morse", "RPC `URL` of an archival node of Morse, the chain before; may be repeated. Its nodes are named with -node, too")
	flags.Var(&poktscan, "poktscan", "GraphQL `URL` that tells the past which the full node has dropped, such as https://data.pocket.network/graphql; may be repeated")
	flags.Var(&nodes, "node", "`address` of a supplier to watch, pokt1…, or of a node of Morse, 40 hexadecimal digits; may be repeated")
	flags.Var(&wallets, "wallet", "`address` whose part of the rewards is \"my share\"; may be repeated")
	flags.StringVar(&chain, "chain-id", "", "refuse a node of any chain but this `id`, such as pocket")
	flags.Var(&o.commands, "c", "answer this `command`, such as '/stats', and exit; may be repeated")
	flags.StringVar(&o.file, "config", "", "configuration `file` (default poktbot.yaml, or what POKTBOT_CONFIG names)")
	flags.BoolVar(&o.check, "check", false, "check the configuration and exit")
	flags.StringVar(&database, "db", "", "index: an SQLite `file` or a postgres:// URL (default poktbot.db; with -demo a temporary file)")
	flags.StringVar(&zone, "zone", "", "time `zone` of days, such as Europe/Madrid (default UTC)")
	flags.StringVar(&currency, "currency", "", "show money in this currency, too: a `code` such as EUR")
	flags.StringVar(&prices, "prices", "", "CSV `file` with your own prices: a date and a price in each line; CoinGecko fills its gaps")
	flags.StringVar(&o.out, "out", ".", "`folder` for pictures and files")
	flags.BoolVar(&o.verbose, "v", false, "log what goes on to standard error")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, errArguments
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "terminal: %q is no flag; commands go into -c, such as -c '/stats'\n", flags.Arg(0))
		return o, errArguments
	}
	if o.version {
		return o, nil
	}
	if o.demo && len(rpc)+len(rest)+len(nodes)+len(morse)+len(poktscan)+len(o.file) > 0 {
		fmt.Fprintln(stderr, "terminal: -demo simulates its own chain and nodes: it goes without -rpc, -rest, -morse, -poktscan, -node and -config")
		return o, errArguments
	}
	fault := func(err error) (options, error) {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintln(stderr, "terminal: "+strings.TrimSuffix(line, "\n"))
		}
		return o, errArguments
	}
	var err error
	switch {
	case o.demo:
		o.config = bot.DemoConfig()
	default:
		if o.config, err = bot.LoadConfig(o.file, environ); err != nil {
			return fault(err)
		}
	}
	for _, set := range []struct {
		flag, key string
		values    []string
	}{
		{"-rpc", "chain.rpc", rpc}, {"-rest", "chain.rest", rest}, {"-chain-id", "chain.id", one(chain)},
		{"-morse", "morse.rpc", morse}, {"-poktscan", "poktscan.url", poktscan}, {"-node", "nodes", nodes},
		{"-wallet", "wallets", wallets}, {"-db", "database", one(database)}, {"-zone", "zone", one(zone)},
		{"-currency", "prices.currency", one(currency)}, {"-prices", "prices.file", one(prices)},
	} {
		if err = errors.Join(err, o.config.Set(set.key, set.flag, set.values...)); err != nil {
			return fault(err)
		}
	}
	if err = o.config.Validate(); err != nil {
		if !o.demo && slices.Equal(args, nil) {
			fmt.Fprintln(stderr, "terminal: nothing to watch. Try -demo, or name a node with -rpc, -rest and -node; -h tells more")
		}
		return fault(err)
	}
	return o, nil
}

// one is a list of the value, or of none when it is empty.
func one(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}
