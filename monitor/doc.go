// Package monitor decides what is worth telling a node runner, and sees to it that it is told.
//
// A check looks at something and returns a [Result] for each thing it watches: healthy, failing, or unknown when it could not look. A
// [Rule] turns results into an [Alert] that fires, is reminded of, changes and resolves; that decision is a pure function of the old
// state, the result and the time. What changes becomes an [Event], and events become messages in an outbox that is stored in one
// transaction with the alerts, and delivered at least once to every destination by a [Notifier].
//
// Identities are stable: an alert is named by its [Key], what is wrong with whom, and never by its text. Unknown neither fires nor
// resolves anything. Nobody hears "resolved" who did not hear "fired".
//
// Amounts are in upokt, times in UTC.
package monitor
