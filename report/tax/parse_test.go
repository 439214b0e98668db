package tax

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// A line is what a platform makes of a line of a file.
type line struct {
	at        time.Time
	kind      string
	amount    decimal.Decimal // below zero when it was sent
	asset     string
	value     decimal.NullDecimal
	currency  string
	reference string
	wallet    string
}

// read reads a file as its platform says that it reads them, and refuses what the platform would.
func (f Format) read(file string, zone *time.Location) ([]line, error) {
	r := csv.NewReader(strings.NewReader(file))
	records, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var lines []line
	seen := map[string]bool{}
	for _, record := range records[1:] {
		fields := map[string]string{}
		for i, name := range records[0] {
			if _, twice := fields[name]; twice || name == "" {
				return nil, fmt.Errorf("a column is called %q", name)
			}
			fields[name] = record[i]
		}
		l, err := readers[f](fields, zone)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", record, err)
		}
		if seen[l.reference] {
			return nil, fmt.Errorf("%q comes twice: the platform would leave it out", l.reference)
		}
		seen[l.reference] = true
		lines = append(lines, l)
	}
	return lines, nil
}

var readers = map[Format]func(map[string]string, *time.Location) (line, error){
	CoinTracking: readCoinTracking, Koinly: readKoinly, CoinLedger: readCoinLedger, Ledger: readLedger,
}

var plainNumber = regexp.MustCompile(`^(\d+(\.\d+)?)?$`)

// number reads a number that may have a point and neither a sign nor anything else. Nothing is not zero.
func number(s string) (decimal.NullDecimal, error) {
	if !plainNumber.MatchString(s) {
		return decimal.NullDecimal{}, fmt.Errorf("%q is no plain number", s)
	}
	if s == "" {
		return decimal.NullDecimal{}, nil
	}
	d, err := decimal.NewFromString(s)
	return decimal.NewNullDecimal(d), err
}

// sides reads what was received and what was sent: one of them, above zero, with its asset beside it.
func sides(received, receivedAsset, sent, sentAsset string) (amount decimal.Decimal, asset string, err error) {
	in, err := number(received)
	if err != nil {
		return amount, "", err
	}
	out, err := number(sent)
	switch {
	case err != nil:
		return amount, "", err
	case in.Valid == out.Valid || in.Valid != (receivedAsset != "") || out.Valid != (sentAsset != ""):
		return amount, "", fmt.Errorf("received %q %q, sent %q %q: want one of both", received, receivedAsset, sent, sentAsset)
	case !in.Decimal.IsPositive() && !out.Decimal.IsPositive():
		return amount, "", fmt.Errorf("an amount of nothing")
	case in.Valid:
		return in.Decimal, receivedAsset, nil
	}
	return out.Decimal.Neg(), sentAsset, nil
}

func typed(s string, sent bool, in, out []string) error {
	if !slices.Contains(map[bool][]string{false: in, true: out}[sent], s) {
		return fmt.Errorf("%q is no type of the platform for this side", s)
	}
	return nil
}

func readCoinTracking(f map[string]string, zone *time.Location) (l line, err error) {
	if l.at, err = time.ParseInLocation("02-01-2006 15:04:05", f["Date"], zone); err != nil {
		return l, err
	}
	if l.amount, l.asset, err = sides(f["Buy Amount"], f["Buy Cur."], f["Sell Amount"], f["Sell Cur."]); err != nil {
		return l, err
	}
	if l.value, err = number(f["Buy Amount Euro"]); err != nil {
		return l, err
	}
	l.kind, l.reference, l.wallet, l.currency = f["Type"], f["Tx-ID"], f["Wallet"], "EUR"
	return l, typed(l.kind, l.amount.IsNegative(), []string{"Mining", "Staking", "Income"}, []string{"Lost", "Other Fee"})
}

func readKoinly(f map[string]string, _ *time.Location) (l line, err error) {
	if l.at, err = time.Parse("2006-01-02 15:04:05 MST", f["Date"]); err != nil {
		return l, err
	}
	if l.amount, l.asset, err = sides(f["Received Amount"], f["Received Currency"], f["Sent Amount"], f["Sent Currency"]); err != nil {
		return l, err
	}
	if l.value, err = number(f["Net Worth Amount"]); err != nil {
		return l, err
	}
	if l.value.Valid != (f["Net Worth Currency"] != "") {
		return l, fmt.Errorf("a net worth without a currency, or the other way round")
	}
	l.kind, l.reference, l.currency = f["Label"], f["TxHash"], f["Net Worth Currency"]
	return l, typed(l.kind, l.amount.IsNegative(), []string{"mining", "reward", "other income"}, []string{"lost", "cost"})
}

func readCoinLedger(f map[string]string, _ *time.Location) (l line, err error) {
	if l.at, err = time.Parse("01/02/2006 15:04:05", f["Date (UTC)"]); err != nil {
		return l, err
	}
	if l.amount, l.asset, err = sides(f["Amount Received"], f["Asset Received"], f["Amount Sent"], f["Asset Sent"]); err != nil {
		return l, err
	}
	l.kind, l.reference = f["Type"], f["TxHash (Optional)"]
	return l, typed(l.kind, l.amount.IsNegative(), []string{"Income", "Mining", "Staking"}, nil)
}

func readLedger(f map[string]string, _ *time.Location) (l line, err error) {
	if l.at, err = time.Parse(time.RFC3339, f["Time"]); err != nil {
		return l, err
	}
	if l.amount, err = decimal.NewFromString(f["Amount"]); err != nil {
		return l, err
	}
	if l.value, err = number(strings.TrimPrefix(f["Value"], "-")); err != nil {
		return l, err
	}
	if price, err := number(f["Price"]); err != nil || price.Valid != l.value.Valid {
		return l, fmt.Errorf("price %q of a value of %q: %w", f["Price"], f["Value"], err)
	}
	l.kind, l.reference, l.wallet, l.currency, l.asset = f["Type"], f["Reference"], f["Wallet"], f["Currency"], f["Asset"]
	return l, typed(l.kind, l.amount.IsNegative(), []string{"reward"}, []string{"slash", "fee"})
}
