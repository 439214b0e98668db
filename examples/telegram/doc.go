// Poktbot-telegram is the bot for node runners, on Telegram. It wants a token, which @BotFather makes, and a chain to read:
//
//	telegram: {token_file: telegram-token}
//	chain: {rpc: ['http://127.0.0.1:26657'], rest: ['http://127.0.0.1:1317']}
//	access: {admins: ['telegram:123456789']}
//
// With -demo it answers from a simulated chain; -help tells the other flags. Package chat holds the conversations. Here is only what is Telegram's:
//
//   - text.go writes text as Telegram's HTML, in which strangers' names stay text, and measures it as Telegram does;
//   - channel.go sends and edits messages, pace.go no faster than is allowed;
//   - api.go makes requests. The token is in their addresses, so that no error of the client below leaves it unread;
//   - update.go understands what comes in, intake.go keeps it until it is answered: what Telegram was told to be taken survives a crash;
//   - polling.go asks for updates, webhook.go has them brought;
//   - commands.go shows everybody in the menu the commands that he may use.
//
// Where a connection ends before Telegram has answered, nobody knows whether a message arrived. A text is sent again: it may stand there twice. A picture
// or a file is not, and a word says that it may be missing; when it was not even read to its end it cannot have arrived, and is sent again whole.
//
// Chats are called "telegram:123", or "telegram:-100123/45" for the topic 45 of a forum. People are called "telegram:123"; who writes for a channel or
// as a group's anonymous administrator is called as that chat is, "telegram:-100123".
//
// Package telegramtest is a Bot API server in memory, for tests and to try the program without Telegram.
package main
