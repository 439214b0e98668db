// Discord is PoktBot on Discord: its commands are slash commands with completion, its menus are buttons, and its alerts come to the channels that
// want them. It is configured by poktbot.yaml, of which the key discord.token is needed:
//
//	poktbot-discord -check
//	poktbot-discord
//
// Invite the bot with the scopes bot and applications.commands, and the permissions View Channels, Send Messages, Attach Files, and Send Messages in Threads.
// No privileged intent is needed: of other texts it reads only direct messages and those that mention it.
//
// What Discord is told stands in few places: text.go escapes and measures, command.go makes forms of commands, channel.go sends and edits, gateway.go
// listens, interaction.go turns what comes into updates of package chat, which does everything else. Requests are made by disgo; its gateway
// is not used, because it waits before each connection and forgets the session when a resumption is cut off.
package main
