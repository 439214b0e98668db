// Package monitor decides what is worth telling a node runner, and sees to it that it is told.
//
// A check looks at something and returns a [Result] for each thing it watches: healthy, failing, or unknown when it could not look. A
// [Rule] turns results into an [Alert] that fires, is reminded of, changes and resolves; that decision is a pure function of the old
// state, the result and the time ([Rule.Next], [Rule.Tick]). What changes becomes an [Event], and events become messages in an outbox
// that is stored in one transaction with the alerts, and delivered at least once, in order, to every [Destination] by a [Notifier].
//
// A [Watcher] does all that. [New] makes one of a [Store], of checks ([Every], [OnBlock]), of destinations ([To]) and of rules
// ([WithRules]); [Watcher.Run] works until its context ends. Killed at any moment it goes on where it was: a message may come twice, with
// the same ID, and none is lost.
//
// Destinations come and go while it runs: [Watcher.Tell] adds one or changes what it wants to hear, [Watcher.Untell] removes it.
//
// Identities are stable: an alert is named by its [Key], what is wrong with whom, and never by its text. Unknown neither fires nor
// resolves anything. Nobody hears "resolved" who did not hear "fired". A cause hides its symptoms; a [Mute] keeps quiet what it matches;
// a storm becomes one message ([Grouping]); a [Gate] keeps the watcher's own network loss from being taken for everybody else's.
//
// Amounts are in upokt, times in UTC.
package monitor
