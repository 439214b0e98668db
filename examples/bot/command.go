package bot

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/rbac"
)

// A Request is a line that somebody typed. What he may do is looked up: see package rbac.
type Request struct {
	Text   string
	From   string // who asks: "telegram:123", "local:ana". Whoever is local owns the machine, and may everything
	Name   string // what he calls himself, for people to recognise him by
	Chat   string // where, as the platform calls it: "telegram:-100123"; "" where nothing can be told without being asked
	Direct bool   // nobody else reads it there
	// BotName is what this bot is called where it was typed; commands addressed to another are not answered. "" answers all.
	BotName string
}

// A Command is something that can be asked, for menus and lists of commands.
type Command struct {
	Name      string          // without the slash
	Arguments []Argument      // what may stand behind it, in this order
	Short     string          // what it does, in a few words
	Needs     rbac.Permission // what one must be permitted to ask it at all
}

// A command is a Command, what /help NAME adds, and how it is done.
type command struct {
	Command
	long  []string
	run   func(*call) error
	verbs map[string]rbac.Permission // what its first word needs when that is more than looking
	open  bool                       // strangers may ask it of a bot that is not public
}

// A call is one command being answered.
type call struct {
	ctx  context.Context
	bot  *Bot
	args []string
	caller
	view
	name   string // what the caller calls himself; hostile
	chat   string
	direct bool
	say    func(Part) error // errStopped when nobody listens any more: then return it

	shown *monitor.Filter // the alerts that the caller may see, once that was looked up
}

// errStopped is what ends a command whose listener has gone. It is never shown.
var errStopped = errors.New("nobody listens")

// Answer yields the parts of the reply to what was typed, each as soon as it is known. An error is yielded last, with a nil part; its text is for the
// person who asked and holds no secret. [ErrUsage] and [ErrNoCommand] are that person's mistake; [ErrDenied] and [ErrStranger] say that he may not. Stopping the loop, or ending ctx, stops the
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
	who, err := b.caller(ctx, request.From)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(b.commands, func(c command) bool { return c.Name == line.Name })
	if who.Role == rbac.None && (i < 0 || !b.commands[i].open) {
		return ErrStranger
	}
	if i < 0 {
		return b.unknown(line.Name, who)
	}
	chosen := b.commands[i]
	if err := b.authority.May(ctx, who.subject, chosen.needs(line.Args)); err != nil {
		return fmt.Errorf("/%s: %w", chosen.Name, err)
	}
	v, err := b.viewOf(ctx, who)
	if err != nil {
		return err
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
	return chosen.run(&call{
		ctx: ctx, bot: b, args: line.Args, caller: who, view: v, name: request.Name, chat: request.Chat, direct: request.Direct,
		say: func(p Part) error { return say(v.numbers.part(p)) },
	})
}

// unknown is the error of a command that does not exist. It suggests none that the caller may not.
func (b *Bot) unknown(name string, who caller) error {
	var names []string
	for _, c := range b.commandsOf(who) {
		names = append(names, c.Name)
	}
	if near := nearest(name, names); near != "" {
		return usage("/%s is not a command; did you mean /%s?", clip(name), near)
	}
	return usage("/%s is not a command; /help lists what there is", clip(name))
}

// EveryCommand returns all there is to ask, whoever may, in the order of /help: for platforms on which commands are registered.
func EveryCommand() []Command {
	var list []Command
	for _, c := range everyCommand() {
		list = append(list, c.Command)
	}
	return list
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
	account := must(free(TextArgument, "ACCOUNT", "a platform and its number for somebody, such as telegram:123"))
	role := word("role", "which role", "investor", "admin", "sysadmin")
	scope := free(TextArgument, "all|own|NODE…", "what he sees")
	manage := func(p rbac.Permission, verbs ...string) map[string]rbac.Permission {
		needs := map[string]rbac.Permission{}
		for _, verb := range verbs {
			needs[verb] = p
		}
		return needs
	}
	list := []command{
		{Command: Command{"start", nil, "begin here", rbac.Ask}, run: (*call).start},
		{Command: Command{"help", []Argument{free(CommandArgument, "command", "about which more is to be told")}, "what can be asked", rbac.Ask}, run: (*call).help},
		{Command: Command{"menu", nil, "buttons for what is asked most", rbac.Ask}, run: (*call).menu},
		{Command: Command{"join", []Argument{free(TextArgument, "CODE", "of an invitation")}, "redeem an invitation", rbac.Ask}, run: (*call).join, open: true},
		{Command: Command{"info", nil, "versions and health", rbac.Ask}, run: (*call).info},
		{Command: Command{"stats", []Argument{word("period", "of what time", "today", "month", "all"), node}, "what an average node earns, and all together", rbac.SeeRewards}, long: statsHelp, run: (*call).stats},
		{Command: Command{"rewards", []Argument{must(word("by", "what to tell apart", "day", "week", "month", "hour", "service", "node", "owner", "wallet")), from, to},
			"a table of rewards", rbac.SeeRewards}, long: rangeHelp, run: (*call).rewards},
		{Command: Command{"graph", []Argument{free(NumberArgument, "days", "how many days back"), node, word("bars", "what else to show", "services", "losses"), word("unit", "in your currency", "value")},
			"a picture of rewards, in POKT or in your currency", rbac.SeeRewards}, run: (*call).graph},
		{Command: Command{"digest", []Argument{word("span", "of complete days", "day", "week", "month")}, "what a day, a week or a month brought", rbac.SeeRewards}, run: (*call).digest},
		{Command: Command{"losses", []Argument{from, to}, "claimed but not received, by cause", rbac.SeeRewards}, long: rangeHelp, run: (*call).losses},
		{Command: Command{"report", []Argument{must(word("format", "what kind of file", reportFormats()...)), from, to}, "a file of settlements, or of income for a tax program", rbac.SeeRewards},
			long: reportHelp, run: (*call).report},
		{Command: Command{"tax", []Argument{free(NumberArgument, "year", "such as 2026"), node}, "the income of a year, by month", rbac.SeeRewards}, run: (*call).tax},
		{Command: Command{"verify", []Argument{word("with", "which source", "chain", "poktscan"), from, to}, "compare what is indexed with another source", rbac.SeeRewards}, long: verifyHelp, run: (*call).verify},
		{Command: Command{"nodes", nil, "the nodes watched and how they are", rbac.SeeNodes}, run: (*call).nodes},
		{Command: Command{"node", []Argument{verbs, address}, "one node; adding and removing is for admins", rbac.SeeNodes}, long: nodeHelp, run: (*call).node,
			verbs: manage(rbac.ManageNodes, "add", "remove")},
		{Command: Command{"wallet", []Argument{word("what", "what to do with it", "list", "add", "remove"), free(NodeArgument, "ADDRESS", "of a node, its owner, or who is paid a part")},
			"addresses that are yours", rbac.Link}, long: walletHelp, run: (*call).wallet},
		{Command: Command{"alerts", nil, "what is wrong now", rbac.SeeAlerts}, run: (*call).alerts},
		{Command: Command{"events", []Argument{free(AlertArgument, "NAME", "of alerts, such as tls.expiring"), node, from, to}, "what was told, the newest first", rbac.SeeAlerts}, run: (*call).alertEvents},
		{Command: Command{"ack", []Argument{must(free(AlertArgument, "ID|NAME|all", "which alert")), free(TextArgument, "note", "what there is to say")}, "take care of an alert", rbac.ManageAlerts},
			long: ackHelp, run: (*call).ack},
		{Command: Command{"mute", []Argument{free(AlertArgument, "ID|NAME|ADDRESS|all", "what to be quiet about"), free(TextArgument, "1h|2d|fixed|weekly \"Sun 02:00-04:00\"", "how long"), free(TextArgument, "why", "for the others")},
			"be quiet about something; alone it lists what is quiet", rbac.ManageAlerts}, long: muteHelp, run: (*call).mute},
		{Command: Command{"unmute", []Argument{must(free(AlertArgument, "ID|all", "which mute"))}, "end a mute", rbac.ManageAlerts}, run: (*call).unmute},
		{Command: Command{"test", nil, "send a test alert to all who are told of alerts", rbac.ManageAlerts}, run: (*call).testAlert},
		{Command: Command{"settings", []Argument{free(TextArgument, "KEY", "which setting"), free(TextArgument, "VALUE", "what it is to be, or default")}, "how things are shown to you, and what is told here", rbac.Link},
			long: settingsHelp, run: (*call).settings},
		{Command: Command{"users", nil, "who may do what", rbac.SeeUsers}, run: (*call).users},
		{Command: Command{"user", []Argument{must(word("what", "what to do", "add", "remove")), account, role, scope}, "give somebody a role, or take it", rbac.ManageUsers}, long: userHelp, run: (*call).user},
		{Command: Command{"invite", []Argument{role, scope}, "a code that gives a role to who sends it first", rbac.ManageUsers}, long: userHelp, run: (*call).invite},
		{Command: Command{"audit", []Argument{free(TextArgument, "ACCOUNT", "of whom"), from, to}, "who changed what about people, and who was refused", rbac.SeeUsers}, run: (*call).audit},
		{Command: Command{"export", nil, "a file with all that is kept about you", rbac.Link}, run: (*call).export},
		{Command: Command{"forget", []Argument{word("sure", "really", "yes")}, "delete all that is kept about you", rbac.Link}, run: (*call).forget},
	}
	return list
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
	walletHelp = []string{
		"The address of a node, of its owner, or of who is paid a part of its rewards. Your share is what your addresses are paid.",
		"/forget deletes them with everything else.",
	}
	settingsHelp = []string{
		"/settings lists them; /settings zone Europe/Madrid changes one, /settings zone default takes it back.",
		"Alerts, kinds, audience, digest and hour are of the chat they are changed in; the others are yours everywhere.",
	}
	userHelp = []string{
		"Investors see, admins manage, sysadmins act on servers. Nobody gives more than he has.",
		"/invite investor — a code for one person; /invite investor pokt1… — who sees one node only; own — what he links himself.",
		"/user add telegram:123 admin — without a code; /user remove telegram:123 — it ends at once.",
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
		"Try /stats for the averages, /graph for a picture, /nodes for your nodes. /menu has buttons, /help lists everything.")
	if c.Scope.Kind == rbac.Own && len(c.links) == 0 {
		text.Lines = append(text.Lines, "Tell me first what is yours: /wallet add and the address of your node, of its owner, or of your share.")
	} else if told, err := c.begin(); err != nil {
		return err
	} else if told != "" {
		text.Lines = append(text.Lines, told)
	}
	return c.say(text)
}

func (c *call) help() error {
	if len(c.args) > 1 {
		return usage("/help takes one command: /help stats")
	}
	commands := c.bot.commandsOf(c.caller)
	if len(c.args) == 1 {
		name := strings.ToLower(strings.TrimPrefix(c.args[0], "/"))
		i := slices.IndexFunc(c.bot.commands, func(known command) bool { return known.Name == name })
		if i < 0 || !c.bot.allowed(c.caller, &c.bot.commands[i], nil) {
			return c.bot.unknown(name, c.caller)
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
