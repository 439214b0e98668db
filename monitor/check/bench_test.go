package check

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
)

// manyEndpoints is how many servers the benchmarks look at.
const manyEndpoints = 5_000

// manySuppliers staked as many endpoints at as many names, all of one server with a good certificate.
func manySuppliers(b *testing.B) (stakedList, *authority) {
	root := newAuthority(b, "Root", nil)
	middle := newAuthority(b, "Middle", root)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }))
	s.TLS, s.EnableHTTP2 = with(middle.issue(b, []string{"*.example"})), true
	s.Config.ErrorLog = quietLog()
	s.StartTLS()
	b.Cleanup(s.Close)
	list := stakedList{}
	for i := range manyEndpoints {
		one := serving("JSON_RPC", "https://"+atPort(fmt.Sprintf("n%d.example", i), s.Listener.Addr().String()))
		list = append(list, one)
	}
	return list, root
}

// measured runs a look and reports how long it took and the most memory that the process had meanwhile, the server's included.
func measured(b *testing.B, check monitor.Check, healthy int) {
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for ticker := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-ticker.C:
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64()-sample[1].Value.Uint64())
			case <-stop:
				peak <- most
				return
			}
		}
	}()
	began := time.Now()
	looks := 0
	for b.Loop() {
		results, err := check.Look(b.Context())
		require.NoError(b, err)
		n := 0
		for _, r := range results {
			if r.Health == monitor.Healthy {
				n++
			}
		}
		require.Equal(b, healthy, n)
		looks++
	}
	b.ReportMetric(float64(looks*manyEndpoints)/time.Since(began).Seconds(), "endpoints/s")
	close(stop)
	b.ReportMetric(float64(<-peak)/(1<<20), "peak-MiB")
}

func BenchmarkEndpoints(b *testing.B) {
	list, _ := manySuppliers(b)
	measured(b, NewEndpoints(list, local(b), EndpointsConfig{}), 2*manyEndpoints)
}

func BenchmarkCertificates(b *testing.B) {
	list, root := manySuppliers(b)
	c, err := NewCertificates(list, local(b), CertificatesConfig{Roots: root.pool(), Clock: func() time.Time { return testNow }})
	require.NoError(b, err)
	measured(b, c, 3*manyEndpoints)
}
