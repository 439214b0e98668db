// Package plot draws pictures of what was earned and lost, as PNG for chats and as SVG for web pages.
//
// A [Painter] is made once, draws as many pictures as wanted, several at a time if need be, and keeps no state between them. There are
// three pictures:
//
//   - [Painter.AverageByNode]: the average reward by node as a line, the number of nodes as bars behind it
//   - [Painter.Stacked]: rewards as bars split by service, supplier, wallet or anything else
//   - [Painter.Losses]: what was claimed and not paid, by cause, and what was slashed
//
// Each takes plain data of this package, which [GrossByNode], [MineByNode], [StackOf] and [LossesOf] make of what package rewards answers in POKT,
// [WorthByNode], [MineWorthByNode], [StackWorthOf] and [LossesWorthOf] in a currency, and [Options]: the colours, the size, the zone, the currency. A picture of no data is a picture that says so.
//
// # What a picture tells
//
// Amounts are decimals in one currency, POKT unless [Options.Currency] says otherwise; 1 POKT is 1,000,000 upokt. Value axes begin at 0. Large
// numbers are written with k, M, B (1e9) and T (1e12). Totals in the legend are rounded for reading, never before they are added up.
//
// The time axis is in [Options.Zone], and true: a day of 23 hours is narrower than one of 25, and each date stands below the bar of its day. Data
// has to be added up by the same [Options.Period] and in the same zone, or it is refused, since its dates would be wrong. The
// period that is not over, by [Options.Now], is drawn apart as "today so far": a hollow point on a broken line, a pale bar.
//
// A time without a price is a gap in a line and striped among bars, never a zero; totals are "at least" then. What the chain did not tell is
// in no amount; then the foot of the picture says how much is missing. With [Options.Simulated] the picture
// says that its data is not real.
//
// # How it looks
//
// The default size of 1200 × 800 pixels can be read on a phone of 375 points. Every length is in proportion to the picture. The
// colours of both themes stand out from the background and from each other, for colour-blind eyes too. The font is embedded
// (Liberation Sans: Latin, Greek, Cyrillic, Hebrew), and letters are drawn as shapes, so that an SVG needs no font where it
// is shown. Names may be a stranger's: control and invisible characters go, what the font lacks becomes a small box,
// and what is too long ends in "…". The same data gives the same bytes.
package plot
