// Package coingecko asks CoinGecko what POKT costs. A [Client] is a [rewards.PriceSource]: safe for concurrent use, with prices of each hour in any
// currency that CoinGecko knows ([Client.Currencies]), as exact decimals and times in UTC.
//
// It works without a key, but seldom for long: the free demo key (coingecko.com/en/api) is worth having. Without a key and with a demo key CoinGecko
// tells the last 365 days only. What lies before has no price, which [rewards.MissingPrices] tells: it is no failure of the rest. Keep what was told in an index
// (CachedPrices of package index), so that it is there next year, and give older prices in a file ([rewards.OpenPrices]) behind or before it
// ([rewards.FirstOf]).
//
// Long spans are asked for in parts, since one answer has prices of each hour for up to 90 days only. Calls are kept to so many a minute and
// repeated after failures that may pass; see the options. Package coingeckotest has a server that behaves like CoinGecko's, for tests.
//
// Prices are provided by CoinGecko (www.coingecko.com), whose terms ask for that note beside what is shown of them.
package coingecko
