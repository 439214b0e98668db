// Package report makes files, tables and sentences of what rewards and pocket know, for people and for their programs.
//
// A [Table] is columns and a stream of typed [Cell]s: amounts stay upokt, instants stay instants and what is not known stays empty until a
// writer shows them. [WriteCSV] writes a file that spreadsheets and tax programs read, [WriteText] columns for a terminal, [Pages] messages
// for a chat, package report/xlsx workbooks, and package report/tax what tax programs import. Rows flow through the writers one by one, so a
// file may be of any length; what is laid out in columns for people is held in memory.
//
// The tables there are: [Settlements] one by one, [Rewards] by period and dimension, [RewardsBrief], [Services], [Losses] by
// cause, [LossesOver] time, [Nodes], [Daily] points and [Statistics]. What was valued, by [rewards.Query.Prices] and their like, has its value
// in the currency beside each amount: rounded last, see [Places], empty where there was no price, and notes say how much that was.
// [StatisticsText] is the message with what nodes earn, and [Text] tells an event in a sentence, with what to do about it.
//
// Text that a stranger chose, such as a memo or a service's name, is made safe by every writer for where it goes: see [Defuse] for
// spreadsheets and [Line] for terminals and logs. Sentences are plain text: put them through [Markdown] or [HTML] on the way out.
//
// Amounts are exact and shown in POKT. Times are shown in the zone that the options name, UTC otherwise; the days and months of rewards
// were chosen when they were added up. All functions may be called from several goroutines at once, as long as each has its own table: rows
// can often be read only once.
package report
