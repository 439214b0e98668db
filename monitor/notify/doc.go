// Package notify delivers messages of package monitor: to a webhook ([NewWebhook]), by e-mail ([NewEmail]), to a terminal or file
// ([NewWriter]) and to a log ([NewLog]). Those of chats come with the bots.
//
// Each is a monitor.Notifier. Its errors tell the outbox whether and when to try again, and hold no secret: of a URL only the host is ever
// shown. A message that is delivered twice, after a crash or a lost answer, has the same ID, by which a receiver tells; see each notifier
// for where it stands.
//
// What a message says is decided by a [Words], such as package report/alert makes. All of it is plain text, and every notifier makes it
// safe for where it goes.
package notify
