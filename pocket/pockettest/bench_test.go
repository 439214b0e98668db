package pockettest

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

// busiest is a chain like mainnet's, of which a settlement pays about 3,000 claims with some ten shares each.
func busiest() Config {
	p := MainnetParams()
	p.Tokenomics.GlobalInflation = SmallParams().Tokenomics.GlobalInflation // so that claims have twice the shares
	return Config{
		Seed: 1, Params: p, Blocks: 200, Suppliers: 1500, Owners: 200, RevShares: 3, Services: 12, Applications: 120,
		ClaimsPerSession: 4600, // of which some stay unserved at night
	}
}

// counter counts what is written.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func BenchmarkSettlementBlock(b *testing.B) {
	chain := NewChain(busiest())
	var size counter
	require.NoError(b, chain.WriteBlockResults(&size, 193)) // session 141 to 160
	claims := len(happened[pocket.Settlement](b, chain, 193, 193))
	b.SetBytes(int64(size))
	for b.Loop() {
		if err := chain.WriteBlockResults(io.Discard, 193); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(claims), "claims/op")
}

func BenchmarkDayOfThousandSuppliers(b *testing.B) {
	chain := NewChain(Config{Seed: 1, Suppliers: 1000, Owners: 100, Services: 10, Applications: 60, Days: 3})
	b.ReportAllocs()
	for b.Loop() {
		var size counter
		for h := pocket.Height(1441); h <= 2880; h++ {
			if err := chain.WriteBlockResults(&size, h); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(size))
	}
}

func BenchmarkDayOfThousandSuppliersTruth(b *testing.B) {
	chain := NewChain(Config{Seed: 1, Suppliers: 1000, Owners: 100, Services: 10, Applications: 60, Days: 3})
	for name, kinds := range map[string][]pocket.Kind{"all": nil, "settlements": {pocket.KindSettlement}} {
		b.Run(name, func(b *testing.B) {
			events := 0
			for b.Loop() {
				events = 0
				for e, err := range chain.Truth(1441, 2880, kinds...) {
					if err != nil || e == nil {
						b.Fatal(err)
					}
					events++
				}
			}
			b.ReportMetric(float64(events), "events/op")
		})
	}
}

func BenchmarkYearOfThousandSuppliers(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		chain := NewChain(Config{Seed: 1, Suppliers: 1000, Owners: 100, Services: 10, Applications: 60, Days: 365})
		if chain.Head() != 365*1440 {
			b.Fatal("too short")
		}
	}
}
