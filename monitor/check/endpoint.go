package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// EndpointsConfig says how [Endpoints] look. Its zero value takes the defaults that the fields name.
type EndpointsConfig struct {
	Timeout    time.Duration // for one endpoint; 0 is 10 seconds
	AtOnce     int           // endpoints at the same time; 0 is 256
	UpBelow    int           // an HTTP status below this is an answer; 0 is 500
	AllowPlain bool          // an endpoint without TLS is nothing to warn of
	Chain      string        // the chain's id, for labels
}

// Endpoints looks at the URLs that suppliers staked, as a gateway sees them from outside.
//
// An endpoint is up when it answers HTTP with a status below 500, be it that it wants no such request: a RelayMiner does not know ours.
// GRPC is up when HTTP/2 begins, WEBSOCKET when it agrees to one or refuses politely. What certificate it shows does not matter here; see
// [Certificates]. What is the same URL for many suppliers is asked once.
//
// Results, of each endpoint: [monitor.SupplierEndpointDown] and [monitor.SupplierEndpointInvalid]. The second is what was staked: a URL
// that nobody can use, one that leads into a private network, one without TLS (a warning), or one that answers what no endpoint would;
// it explains the first. Facts: reason, url, service, rpc_type, status.
//
// Every URL was chosen by a stranger. See [Guard] for where it must not lead; nothing of an answer is shown but its status, bodies are not
// read beyond 1 KiB, and redirects are followed on the same host only.
type Endpoints struct {
	stakes StakeList
	prober *prober
	config EndpointsConfig
}

// NewEndpoints returns a check of the endpoints of stakes, which connects by guard.
func NewEndpoints(stakes StakeList, guard *Guard, c EndpointsConfig) *Endpoints {
	c.Timeout, c.AtOnce, c.UpBelow = cmp.Or(c.Timeout, 10*time.Second), cmp.Or(c.AtOnce, 256), cmp.Or(c.UpBelow, 500)
	return &Endpoints{stakes: stakes, prober: newProber(guard, c.Timeout), config: c}
}

// A staked endpoint is one of a supplier's.
type stakedEndpoint struct {
	supplier pocket.Supplier
	service  pocket.ServiceID
	pocket.Endpoint
	part    string
	address address
	invalid error // why nobody can use the URL
}

// endpointsOf lists the endpoints of suppliers, each once.
func endpointsOf(suppliers []pocket.Supplier) []stakedEndpoint {
	type name struct {
		operator pocket.Address
		part     string
	}
	known := map[name]bool{}
	var list []stakedEndpoint
	for _, s := range suppliers {
		for _, service := range s.Services {
			for _, e := range service.Endpoints {
				found := stakedEndpoint{supplier: s, service: service.Service, Endpoint: e, part: partOf(service.Service, e)}
				if known[name{s.Operator, found.part}] {
					continue
				}
				known[name{s.Operator, found.part}] = true
				found.address, found.invalid = parseAddress(e.URL)
				list = append(list, found)
			}
		}
	}
	return list
}

// Look implements [monitor.Check]. What the deadline of ctx leaves no time for is unknown.
func (e *Endpoints) Look(ctx context.Context) ([]monitor.Result, error) {
	suppliers, err := e.stakes.Staked(ctx)
	if err != nil {
		return nil, err
	}
	list := endpointsOf(suppliers)
	var probes []probe
	place := map[probe]int{}
	for _, one := range list {
		p := probe{one.address, kindOf(one.RPCType)}
		if _, known := place[p]; !known && one.invalid == nil {
			place[p] = len(probes)
			probes = append(probes, p)
		}
	}
	answers := slices.Repeat([]answer{{err: errUnfinished}}, len(probes))
	parallel(ctx, len(probes), e.config.AtOnce, func(i int) { answers[i] = e.prober.ask(ctx, probes[i]) })
	if stopped(ctx) {
		return nil, context.Cause(ctx)
	}
	results := make([]monitor.Result, 0, 2*len(list))
	for _, one := range list {
		var a answer
		if one.invalid == nil {
			a = answers[place[probe{one.address, kindOf(one.RPCType)}]]
		}
		results = append(results, e.judge(one, a)...)
	}
	return results, nil
}

// judge says what an answer means for an endpoint.
func (e *Endpoints) judge(one stakedEndpoint, a answer) []monitor.Result {
	facts := func(reason string) monitor.Facts {
		f := monitor.Facts{
			monitor.Text("reason", reason), monitor.Text("url", cleaned(one.URL, 200)),
			monitor.Text("service", cleaned(string(one.service), 50)), monitor.Text("rpc_type", cleaned(one.RPCType, 20)),
		}
		if a.status != 0 {
			f = append(f, monitor.Count("status", int64(a.status)))
		}
		return f
	}
	isDown := monitor.Result{Key: one.downKey(), Health: monitor.Healthy, Labels: one.labels(e.config.Chain)}
	invalid := monitor.Result{
		Key: monitor.Key{Name: monitor.SupplierEndpointInvalid, Subject: isDown.Subject, Part: one.part}, Health: monitor.Healthy, Labels: isDown.Labels,
	}
	fail := func(r *monitor.Result, reason string) { r.Health, r.Facts = monitor.Failing, facts(reason) }
	warn := func(reason string) {
		fail(&invalid, reason)
		invalid.Severity = monitor.Warning
	}
	unusable := func(reason string) { // which explains why it is down, as a warning does not
		fail(&invalid, reason)
		invalid.Severity, isDown.Causes = 0, []monitor.Key{invalid.Key}
	}
	unknown := func(r *monitor.Result, reason string) {
		r.Health, r.Err = monitor.Unknown, fmt.Errorf("endpoint %s: %s", one.part, reason)
	}

	switch {
	case one.invalid != nil:
		unusable(one.invalid.Error())
		unknown(&isDown, one.invalid.Error())
		return []monitor.Result{isDown, invalid}
	case exposes(one.URL):
		warn("it shows a user's name or password to everybody")
	case !one.address.secure && !e.config.AllowPlain:
		warn("without TLS: everybody on the way reads and changes what is served")
	}
	if a.nonsense != "" {
		unusable(a.nonsense)
	}
	switch {
	case a.err != nil:
		switch reason, verdict := reasonOf(a.err); verdict {
		case refused:
			unusable(reason)
			unknown(&isDown, reason)
		case blind:
			unknown(&isDown, reason)
		default:
			fail(&isDown, cmp.Or(a.nonsense, reason))
		}
	case a.status == 0:
		fail(&isDown, a.nonsense)
	case a.status >= e.config.UpBelow:
		fail(&isDown, fmt.Sprintf("it answers with HTTP status %d", a.status))
	}
	return []monitor.Result{isDown, invalid}
}

// downKey is the key of an endpoint that is down.
func (s stakedEndpoint) downKey() monitor.Key {
	return monitor.Key{Name: monitor.SupplierEndpointDown, Subject: s.supplier.Operator.String(), Part: s.part}
}

func (s stakedEndpoint) labels(chain string) map[string]string {
	return Labels{Chain: chain, Owner: s.supplier.Owner, Operator: s.supplier.Operator, Service: s.service, Host: s.address.host}.Map()
}
