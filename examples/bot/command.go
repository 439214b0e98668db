package bot

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"strings"
)

// A Request is a line that somebody typed, and what that person may do.
type Request struct {
	Text string
	Role Role
	From string // who asks, for the record: "local:ana", "telegram:123"
	// BotName is what this bot is called where it was typed; commands addressed to another are not answered. "" answers all.
	BotName string
}

// A Command is something that can be asked, for menus and lists of commands.
type Command struct {
	Name      string     // without the slash
	Arguments []Argument // what may stand behind it, in this order
	Short     string     // what it does, in a few words
	Role      Role       // the least that may
}

// A command is a Command, what /help NAME adds, and how it is done.
type command struct {
	Command
	long []string
	run  func(*call) error
}

// A call is one command being answered.
type call struct {
	ctx  context.Context
	bot  *Bot
	args []string
	role Role
	from string
	say  func(Part) error // errStopped when nobody listens any more: then return it
}

// errStopped is what ends a command whose listener has gone. It is never shown.
var errStopped = errors.New("nobody listens")

// ErrDenied: the role does not include what the command needs.
var ErrDenied = errors.New("not allowed")

// Commands returns what somebody with the role may ask, in the order of /help.
func (b *Bot) Commands(role Role) []Command {
	var list []Command
	for _, c := range b.commands {
		if role.Includes(c.Role) {
			list = append(list, c.Command)
		}
	}
	return list
}

// Answer yields the parts of the reply to what was typed, each as soon as it is known. An error is yielded last, with a nil part; its text is for the
// person who asked and holds no secret. [ErrUsage] and [ErrNoCommand] are that person's mistake. Stopping the loop, or ending ctx, stops the
// work behind it. A line that is addressed to another bot has no parts and no error.
func (b *Bot) Answer(ctx context.Context, request Request) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		stopped, listening := false, false
		say := func(p Part) error {
			if stopped {
				return errStopped
			}
			listening = true
			stopped = !yield(p, nil)
			listening = false
			if stopped {
				return errStopped
			}
			return context.Cause(ctx)
		}
		err := b.answer(ctx, request, say, &listening)
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

func (b *Bot) answer(ctx context.Context, request Request, say func(Part) error, listening *bool) (err error) {
	line, err := ParseLine(request.Text)
	if err != nil {
		return err
	}
	if line.Target != "" && request.BotName != "" && !strings.EqualFold(line.Target, request.BotName) {
		return nil
	}
	i := slices.IndexFunc(b.commands, func(c command) bool { return c.Name == line.Name })
	if i < 0 {
		return b.unknown(line.Name, request.Role)
	}
	chosen := b.commands[i]
	if !request.Role.Includes(chosen.Role) {
		return fmt.Errorf("/%s needs the role %s: %w", chosen.Name, chosen.Role, ErrDenied)
	}
	defer func() {
		if *listening {
			return // the fault is the listener's own
		}
		if fault := recover(); fault != nil {
			b.log.Error("command failed", "command", chosen.Name, "fault", fault, "stack", string(debug.Stack()))
			err = fmt.Errorf("/%s failed: a fault of this program; its log tells more", chosen.Name)
		}
	}()
	return chosen.run(&call{ctx: ctx, bot: b, args: line.Args, role: request.Role, from: request.From, say: say})
}

// unknown is the error of a command that does not exist. It suggests none that the role may not.
func (b *Bot) unknown(name string, role Role) error {
	var names []string
	for _, c := range b.Commands(role) {
		names = append(names, c.Name)
	}
	if near := nearest(name, names); near != "" {
		return usage("/%s is not a command; did you mean /%s?", clip(name), near)
	}
	return usage("/%s is not a command; /help lists what there is", clip(name))
}

// everyCommand lists every command in the order of /help.
func everyCommand() []command {
	word := func(name, short string, choices ...string) Argument {
		return Argument{Name: name, Short: short, Choices: choices}
	}
	must := func(o Argument) Argument { o.Required = true; return o }
	free := func(kind ArgumentKind, name, short string) Argument {
		return Argument{Kind: kind, Name: name, Short: short}
	}
	node := free(NodeArgument, "node", "the address of a node; a part of it is enough")
	from := free(DateArgument, "from", "the first day, or a range such as last month, 7d, november")
	to := free(DateArgument, "to", "the last day")
	verbs := must(word("what", "what to do with it", "show", "add", "remove"))
	address := must(free(NodeArgument, "ADDRESS", "the address of a node"))
	return []command{
		{Command{"start", nil, "begin here", Anyone}, nil, (*call).start},
		{Command{"help", []Argument{free(CommandArgument, "command", "about which more is to be told")}, "what can be asked", Anyone}, nil, (*call).help},
		{Command{"info", nil, "versions and health", Anyone}, nil, (*call).info},
		{Command{"stats", []Argument{word("period", "of what time", "today", "month", "all"), node}, "what an average node earns, and all together", Investor}, statsHelp, (*call).stats},
		{Command{"rewards", []Argument{must(word("by", "what to tell apart", "day", "week", "month", "hour", "service", "node", "owner", "wallet")), from, to},
			"a table of rewards", Investor}, rangeHelp, (*call).rewards},
		{Command{"graph", []Argument{free(NumberArgument, "days", "how many days back"), node, word("bars", "what else to show", "services", "losses"), word("unit", "in your currency", "value")},
			"a picture of rewards, in POKT or in your currency", Investor}, nil, (*call).graph},
		{Command{"losses", []Argument{from, to}, "claimed but not received, by cause", Investor}, rangeHelp, (*call).losses},
		{Command{"report", []Argument{must(word("format", "what kind of file", reportFormats()...)), from, to}, "a file of settlements, or of income for a tax program", Investor}, reportHelp, (*call).report},
		{Command{"tax", []Argument{free(NumberArgument, "year", "such as 2026"), node}, "the income of a year, by month", Investor}, nil, (*call).tax},
		{Command{"verify", []Argument{word("with", "which source", "chain", "poktscan"), from, to}, "compare what is indexed with another source", Investor}, verifyHelp, (*call).verify},
		{Command{"nodes", nil, "the nodes watched and how they are", Investor}, nil, (*call).nodes},
		{Command{"node", []Argument{verbs, address}, "one node; adding and removing is for admins", Investor}, nodeHelp, (*call).node},
		{Command{"alerts", nil, "what is wrong now", Admin}, nil, (*call).alerts},
		{Command{"ack", []Argument{must(free(AlertArgument, "ID|NAME|all", "which alert")), free(TextArgument, "note", "what there is to say")}, "take care of an alert", Admin}, ackHelp, (*call).ack},
		{Command{"mute", []Argument{free(AlertArgument, "ID|NAME|ADDRESS|all", "what to be quiet about"), free(TextArgument, "1h|2d|fixed|weekly \"Sun 02:00-04:00\"", "how long"), free(TextArgument, "why", "for the others")},
			"be quiet about something; alone it lists what is quiet", Admin}, muteHelp, (*call).mute},
		{Command{"unmute", []Argument{must(free(AlertArgument, "ID|all", "which mute"))}, "end a mute", Admin}, nil, (*call).unmute},
		{Command{"events", []Argument{free(AlertArgument, "NAME", "of alerts, such as tls.expiring"), node, from, to}, "what was told, the newest first", Admin}, nil, (*call).alertEvents},
		{Command{"test", nil, "send a test alert to all who are told of alerts", Admin}, nil, (*call).testAlert},
	}
}

var (
	rangeHelp = []string{
		"A range is one word or two dates, both of them included:",
		"today, yesterday, week, last month, 7d, 2w, 3m, november, 2026-10, 2026, all",
		"2026-11-01 — from that day until now",
		"2026-11-01 2026-11-15 — from the first to the end of the second",
	}
	reportHelp = append([]string{
		"csv and xlsx hold every settlement; the workbook sums up days, months, services and losses, too.",
		"cointracking, koinly and coinledger are what those programs import; ledger has a line with everything for each income.",
	}, rangeHelp...)
	statsHelp = []string{
		"A node counts only on the days on which it was staked.",
		"Gross is what a node's side was paid, all its rev shares together. My share is the part that went to the linked wallets.",
	}
	ackHelp = []string{
		"Those who were told of the alert are told who takes care of it. Nobody is reminded of it until it gets worse.",
		"IDs stand in /alerts. A name may be a pattern: /ack tls.* renewing them all",
	}
	muteHelp = []string{
		"What is muted is still watched, and told when the mute ends and it is still wrong.",
		"/mute 1a2b3 8h — one alert of /alerts; /mute tls.* 2d — a family; /mute pokt1… fixed — a node, until it is well",
		"/mute node.* weekly \"Sun 02:00-04:00 Europe/Madrid\" maintenance",
	}
	nodeHelp = []string{
		"An address may be shortened when only one watched node begins or ends like it.",
		"Adding reads what the chain still tells of the node's past. Removing keeps what is known of it.",
	}
)

func (c *call) start() error {
	text := Text{Title: "Welcome to PoktBot"}
	if c.bot.simulated {
		text.Lines = append(text.Lines, "This is a demonstration: the chain, its nodes and all amounts are simulated.")
	}
	text.Lines = append(text.Lines, "I tell what your Pocket Network nodes earn and lose.",
		"Try /stats for the averages, /graph for a picture, /nodes for your nodes. /help lists everything.")
	return c.say(text)
}

func (c *call) help() error {
	if len(c.args) > 1 {
		return usage("/help takes one command: /help stats")
	}
	commands := c.bot.Commands(c.role)
	if len(c.args) == 1 {
		name := strings.ToLower(strings.TrimPrefix(c.args[0], "/"))
		i := slices.IndexFunc(c.bot.commands, func(known command) bool { return known.Name == name })
		if i < 0 || !c.role.Includes(c.bot.commands[i].Role) {
			return c.bot.unknown(name, c.role)
		}
		chosen := c.bot.commands[i]
		return c.say(Text{Title: chosen.usage(), Lines: append([]string{chosen.Short}, chosen.long...)})
	}
	text := Text{Title: "Commands"}
	for _, known := range commands {
		text.Lines = append(text.Lines, known.usage()+" — "+known.Short)
	}
	text.Lines = append(text.Lines, "Ranges are words such as today, 7d, 3m, november, or dates such as 2026-11-01. /help COMMAND tells more.")
	return c.say(text)
}

// usage returns the command as it is typed.
func (c Command) usage() string { return strings.TrimSpace("/" + c.Name + " " + c.Args()) }
