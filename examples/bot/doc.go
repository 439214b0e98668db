// Package bot is PoktBot without a chat around it: configuration, wiring, commands and replies. The terminal, Telegram and Discord programs
// parse what they are sent, ask a [Bot], and render the parts of its reply; who may do what, what a command means and what it says is
// decided here, once. It is public, so that it can be copied or imported.
//
//	config, err := bot.LoadConfig("", os.Environ()) // a YAML file, overridden by the environment
//	b, err := bot.New(ctx, config)                  // opens the index; NewDemo simulates a chain
//	defer b.Close()
//	err = b.CatchUp(ctx, func(p bot.Progress) { … }) // reads what is new
//	go b.Run(ctx, func(news bot.Part) error { … })   // follows the chain
//	for part, err := range b.Answer(ctx, bot.Request{Text: "/stats", From: "local:ana"}) { … }
//
// Who asks is named by the platform and its number for him, "telegram:123"; package rbac knows his role, which nodes he sees and what he linked, and
// each has settings of his own. Chats are told alerts and digests without asking: see [Subscription].
//
// A reply is a sequence of parts: [Text], [Table], [Picture], [File], [Menu], [Prompt], and [Progress] while it takes long. Each is yielded as soon as it is
// known, and leaving the loop stops the work behind it. All text is plain: strangers chose some of it, so a front end escapes it.
//
// Days belong to the configured time zone. People are shown amounts with two decimals, files have all six. Everything that comes from a simulated
// chain says so.
//
// A Bot is safe for concurrent use.
package bot
