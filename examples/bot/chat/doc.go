// Package chat holds conversations on any chat platform: it takes what somebody did ([Update]), asks the bot, and shows the reply as
// messages with buttons, prompts and pages, edits progress in place, tells alerts and digests, and keeps floods away. A [Platform] and its
// [Channel] are all that a program for another service has to write.
package chat
