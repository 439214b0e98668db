// Package chat holds conversations on any chat platform. It takes what somebody did ([Update]), asks the bot, and shows the reply as messages with buttons,
// questions and pages; it tells alerts and sends digests. A [Platform] and its [Channel] are all that a program for another service has to write:
//
//	engine := chat.New(b, platform) // attaches itself to b: its alerts go to the chats that want them
//	go engine.Run(ctx)              // digests, and questions that nobody answers
//	for update := range updates {   // whatever comes from the service
//		go engine.Handle(ctx, update) // each in a goroutine of its own: a long report keeps nobody waiting
//	}
//
// What a reply becomes. A text is a heading and lines, a table is a block as wide as a phone shows. What is longer than a message has pages that are turned in
// place. Work that takes longer than a second shows one message of progress, which becomes the result. A menu's button means a line that could be typed:
// whoever presses it is asked for the same rights. A question takes the next text of who was asked, or a press, for two minutes; /cancel ends it.
//
// What is safe. Nothing that comes from a platform is believed: buttons are opaque random names, kept with whom they are for, in which chat and on which message; they
// work once and not for ever. All text passes out without control characters and marks that turn its direction, and within the platform's
// limits; the platform escapes it. In groups only what is addressed to the bot is looked at. Accounts that ask for too much are told so once and
// then ignored; the memory for them, and for pages, is bounded. Strangers hear at most one line an hour.
//
// What survives a restart is what the bot's keep holds: buttons, open questions, where each alert was told, and which digests were sent. Pages are kept in memory;
// after a restart a press asks the line again.
//
// An alert is a message with buttons; how it goes on and ends is told in that message. What begins, gets worse or is reminded of is a new message, since nobody's
// phone rings for an edit. Alerts arrive at least once: after a crash one may come again, and the newer message takes over. Digests come once for
// each period at the chat's hour in its zone; one that may have come before, since the program was killed while it was sent, says so.
//
// Times of digests and questions go by the machine's clock. An [Engine] is safe for concurrent use.
package chat
