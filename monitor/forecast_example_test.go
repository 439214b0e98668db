package monitor_test

import (
	"fmt"
	"time"

	"github.com/poktbot/poktbot/monitor"
)

func ExampleForecast() {
	now := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	var balance []monitor.Sample // in upokt
	for day := range 7 {
		balance = append(balance, monitor.Sample{At: now.AddDate(0, 0, day-6), Value: 100_000 - 12_500*float64(day)})
	}
	outlook := monitor.Forecast{Below: true}.Foresee(balance, now)
	fmt.Println(outlook.Days.Decimal, "days left, until", outlook.At)
	// Output: 2 days left, until 2026-07-12 12:00:00 +0000 UTC
}
