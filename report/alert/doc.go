// Package alert tells events of package monitor to people: what is wrong, since when, and what follows from it. The same event has two
// texts, one for who invests (what it costs) and one for who runs the machines (how to mend it).
//
// [New] makes Texts of an [Audience]; their Message is the notify.Words of package monitor/notify. Texts are made by templates, which a
// program may replace one by one: see [Options]. A name without a template is told all the same, by its name and its facts.
//
// All text is plain: escape it for where it goes, by report.HTML or report.Markdown. What strangers chose, such as a service's name, is made
// safe by report.Line before. Times are shown in the zone of the options, UTC otherwise; amounts in POKT.
package alert
