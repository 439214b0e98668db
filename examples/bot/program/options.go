package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/poktbot/poktbot/examples/bot"
)

// options are the arguments.
type options struct {
	config  string
	check   bool
	demo    bool
	example bool
	invite  string
	imports string
	out     string
	health  bool
	version bool
	verbose bool
}

// errArguments: what is wrong with the arguments was told already.
var errArguments = errors.New("bad arguments")

// parse reads the arguments.
func parse(name string, args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintf(stderr, "PoktBot for %s. It reads %s, or the file that -config or $POKTBOT_CONFIG names, and the environment.\n\n", name, bot.ConfigName)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.config, "config", "", "configuration `file`")
	flags.BoolVar(&o.check, "check", false, "check the configuration, say what is set, and exit with 0 if it is good and 2 otherwise")
	flags.BoolVar(&o.demo, "demo", false, "simulate a chain in the process, to try the chat without one")
	flags.StringVar(&o.invite, "invite", "", "print a code that makes whoever sends it to the bot first a `ROLE`, investor, admin or sysadmin, and exit")
	flags.StringVar(&o.imports, "import", "", "turn a configuration of the PoktBot of 2022, `FILE` .yaml, .ini or .json, into one of this one, and exit")
	flags.StringVar(&o.out, "out", bot.ConfigName, "with -import: the `FILE` to write, which must not be there yet")
	flags.BoolVar(&o.example, "example", false, "print a configuration with every key, explained, and exit")
	flags.BoolVar(&o.health, "health", false, "exit with 0 if the program that runs with this configuration is well, and 1 otherwise")
	flags.BoolVar(&o.verbose, "v", false, "log more")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, errArguments
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "%s: %q is no flag; -h lists them\n", name, flags.Arg(0))
		return o, errArguments
	}
	if o.demo && o.invite != "" {
		fmt.Fprintf(stderr, "%s: -demo forgets everybody at its end, and prints an invitation at its start\n", name)
		return o, errArguments
	}
	return o, nil
}

// load reads and checks the configuration.
func (p *program) load() (bot.Config, error) {
	c, err := bot.LoadConfig(p.options.config, p.environ)
	if err != nil {
		return c, err
	}
	if p.options.demo {
		c = c.Demo()
	}
	return c, errors.Join(c.Validate(), c.Require(p.needs...))
}

// check prints what is set, or what is wrong.
func (p *program) check() int {
	c, err := p.load()
	if err != nil {
		p.tell(err)
		return exitArguments
	}
	for _, s := range c.Settings() {
		fmt.Fprintf(p.out, "%s: %s  (%s)\n", s.Key, s.Value, s.Origin)
	}
	for _, warning := range c.Warnings() {
		fmt.Fprintf(p.err, "%s: warning: %s\n", p.name, warning)
	}
	from := c.File()
	if from == "" {
		from = "without a file, the configuration"
	}
	fmt.Fprintf(p.out, "%s is good\n", from)
	return 0
}

// tell prints an error, each of its lines with the program's name.
func (p *program) tell(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(p.err, "%s: %s\n", p.name, strings.TrimSuffix(line, "\n"))
	}
}
