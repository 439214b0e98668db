package report

import (
	"strings"

	"github.com/shopspring/decimal"
)

// minorUnits are the currencies whose smallest part is not a hundredth: of ISO 4217 by its own table, of digital ones and metals
// by what their smallest part or custom is. Sources of prices know all of these.
var minorUnits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0,
	"XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4, "XAG": 4, "XAU": 4,
	"BTC": 8, "ETH": 8, "LTC": 8, "BCH": 8, "BNB": 8, "YFI": 8, "SOL": 8, "DOT": 8, "LINK": 8, "EOS": 6, "XRP": 6, "XLM": 7, "SATS": 0, "BITS": 2,
}

// Places returns how many decimals money in the currency of that code has: 2 for EUR, 0 for JPY, 8 for BTC, and 2 for what is not known.
func Places(currency string) int {
	if places, special := minorUnits[strings.ToUpper(currency)]; special {
		return places
	}
	return 2
}

// Money returns d with its currency for people, rounded like [Rounded] to the currency's own decimals, or to four more when less than
// the least of them would be all there is to see: "12.30 EUR", "0.000123 EUR", "1,235 JPY".
func Money(d decimal.Decimal, currency string) string { return fine(d, currency) + " " + currency }

// fine is [Money] without the currency.
func fine(d decimal.Decimal, currency string) string {
	places := Places(currency)
	if !d.IsZero() && d.Abs().LessThan(decimal.New(1, int32(-places))) {
		places += 4
	}
	return round(d, places)
}
