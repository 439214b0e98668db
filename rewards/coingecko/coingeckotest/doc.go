// Package coingeckotest has a server that behaves like CoinGecko's, and prices that are made up.
//
// A [Fake] answers as CoinGecko does: with prices of five minutes, an hour or a day by the length of the span, within the limits of its plan, and with
// CoinGecko's own refusals. It is an http.Handler, for a real server, and an http.RoundTripper, for none. [Simulated] tells the same prices as a source, without any
// server: for demonstrations. No such price was ever paid.
package coingeckotest
