package bot

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
	"github.com/poktbot/poktbot/pocket/index/sqlite"
)

func TestARuleOfTextsIsReadWithItsQuotes(t *testing.T) {
	r, err := parseText(`timeouts find="timeout of \d+ \"ms\"" single="{address}: {message}" many="{count} timeouts" max_age=2d severity=critical`)
	require.NoError(t, err)
	assert.Equal(t, check.TextRule{
		Name: "timeouts", Find: `timeout of \d+ "ms"`, NotifySingle: "{address}: {message}", NotifyMany: "{count} timeouts", MaxAge: 48 * time.Hour,
		Severity: monitor.Critical,
	}, r)
	r, err = parseText(`x find=OUT\sOF single={message}`)
	require.NoError(t, err)
	assert.Equal(t, `OUT\sOF`, r.Find)
}

func TestATextRuleThatMakesNoSenseIsToldWithItsFileLineAndKey(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "has no name",
		"find=x single=y":                      "has no name",
		`a find="x`:                            "a quote is open",
		"a finds=x single=y":                   "did you mean find?",
		"a colour=x":                           "want find, single, many, max_age, severity",
		"a find=x single=y later":              "want KEY=VALUE",
		"a find=( single=y":                    "want a regular expression",
		"a find=x":                             "notify_single: want a text",
		"a find=x single={nothing}":            "there is no field {nothing}",
		"a find=x single={message} max_age=-1": "max_age=-1",
		"A find=x single=y":                    "small letters",
		"a find=x single=y severity=bad":       "severity=bad",
	} {
		c, err := read(t, "zone: UTC\nalerts:\n  texts:\n    - '"+text+"'\n")
		require.NoError(t, err)
		err = c.Validate()
		require.ErrorContains(t, err, want, text)
		assert.ErrorContains(t, err, ":3: ", text)
		assert.ErrorContains(t, err, "alerts.texts", text)
	}
}

func FuzzTextRule(f *testing.F) {
	for _, seed := range []string{`timeouts find="timeout of \d+" single="{address}: {message}" max_age=2d`, `a "b c`, `\" = \`, `x find=( single={`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := DefaultConfig()
		c.Alerts.Texts = []Phrase{Phrase(text)}
		if rules, err := c.textRules(); err == nil {
			require.Len(t, rules, 1)
			require.NotEmpty(t, rules[0].Find)
		}
	})
}

func TestWhatIsServedIsReadOrToldToBeWrong(t *testing.T) {
	c := DefaultConfig()
	c.Alerts.Served = []Phrase{operatorA + " eth json_rpc https://relay.example:443/"}
	list, err := c.served()
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "JSON_RPC", list[0].RPCType)
	for text, want := range map[string]string{
		operatorA + " eth https://relay.example":          "want OPERATOR SERVICE RPC_TYPE URL",
		"pokt1x eth REST https://relay.example":           "is no operator's address",
		operatorA + " eth SOAP https://relay.example":     "want JSON_RPC, REST",
		operatorA + " eth REST file:///etc/passwd":        "file",
		operatorA + " eth REST https://relay.example two": "want OPERATOR",
	} {
		c, err := read(t, "zone: UTC\nalerts:\n  served:\n    - "+text+"\n")
		require.NoError(t, err)
		err = c.Validate()
		require.ErrorContains(t, err, want, text)
		assert.ErrorContains(t, err, "alerts.served", text)
	}
}

func TestATextOfTheChainIsToldByARuleOfTheConfiguration(t *testing.T) {
	config := DemoConfig()
	config.demoDays = 14
	config.Alerts.Texts = []Phrase{
		`gone find="(?i)proof_(missing|invalid)" single="Gone from {address}: {message}" many="{count} claims gone, the first of {address}" max_age=400d severity=critical`,
		`never find="nobody says this" single="{message}"`,
	}
	b, err := NewDemo(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))
	ctx, stop := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	heard := newCrier()
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(t, b.Run(ctx, heard.tell), enough) })
	defer running.Wait()
	defer stop(enough)
	assert.Contains(t, heard.await(t, "claims gone"), "the first of pokt1")
	assert.Contains(t, parts(t, b, "/alerts"), "claims gone")
}

func TestAnErrorThatLastsIsHeardOnceAndAgainWhenItComesBack(t *testing.T) {
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	down := monitor.Result{
		Key: monitor.Key{Name: monitor.SupplierEndpointDown, Subject: "relay.example"}, Health: monitor.Failing,
		Facts:  monitor.Facts{monitor.Text("reason", "timeout of 5 s"), monitor.Text("url", "https://relay.example")},
		Labels: map[string]string{"operator": operatorA, "service": "eth"},
	}
	blind := monitor.Result{Key: monitor.Key{Name: monitor.NodeUnreachable, Subject: "node"}, Err: errors.New("refused")}
	var h hearing
	h.take([]monitor.Result{down, blind}, now)
	h.take([]monitor.Result{down, blind}, now.Add(time.Minute))
	down.Facts[0] = monitor.Text("reason", "timeout of 6 s")
	h.take([]monitor.Result{down}, now.Add(2*time.Minute))
	require.Len(t, h.since(now), 2, "how long it took exactly is no news")
	assert.Equal(t, check.Said{
		At: now, Address: operatorA, Wallet: operatorA, ServiceURL: "https://relay.example", ChainID: "eth", Message: "timeout of 5 s",
	}, h.since(now)[0])
	assert.Equal(t, "node", h.since(now)[1].Address)
	h.take([]monitor.Result{{Key: down.Key, Health: monitor.Healthy}}, now.Add(3*time.Minute))
	h.take([]monitor.Result{down}, now.Add(4*time.Minute))
	assert.Len(t, h.since(now), 3)
	assert.Len(t, h.since(now.Add(time.Minute)), 1, "what nobody asks for any more is let go of")
}

func TestWhatTheChainSaysOfWatchedNodesIsRead(t *testing.T) {
	x, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, x.Close()) }()
	require.NoError(t, x.SetMode(t.Context(), index.Everything))
	mine, other := pocket.MustParseAddress(operatorA), pocket.MustParseAddress(operatorB)
	at := func(i int) pocket.At {
		return pocket.At{Height: 7, Time: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC), Index: i}
	}
	_, err = x.Put(t.Context(), "chain", pocket.Block{Height: 7, Time: at(0).Time, ChainID: "pocket"}, []pocket.Event{
		pocket.Transaction{At: at(0), Code: 5, Log: "insufficient funds", FeePayer: mine, Position: 0},
		pocket.Transaction{At: at(1), Code: 5, Log: "of a stranger", FeePayer: other, Position: 1},
		pocket.Transaction{At: at(2), FeePayer: mine, Position: 2},
		pocket.ClaimDiscard{At: at(3), Supplier: mine, Application: other, Service: "eth", SessionEnd: 5, Error: "cannot be processed"},
		pocket.ProofCheck{At: at(4), Supplier: mine, Application: other, Service: "eth", SessionEnd: 5, Status: pocket.ProofInvalid, Failure: "root does not fit"},
		pocket.ProofCheck{At: at(5), Supplier: mine, Application: other, Service: "eth", SessionEnd: 6, Status: pocket.ProofValidated},
	})
	require.NoError(t, err)
	source := textSource{store: x, hearing: new(hearing)}
	said, err := source.told(t.Context(), pocket.Span{}, []pocket.Address{mine})
	require.NoError(t, err)
	var messages []string
	for _, s := range said {
		assert.Equal(t, operatorA, s.Address)
		messages = append(messages, s.ChainID+": "+s.Message)
	}
	assert.ElementsMatch(t, []string{": insufficient funds", "eth: cannot be processed", "eth: root does not fit"}, messages)
}

func TestWhatIsServedOtherwiseThanItIsStakedIsTold(t *testing.T) {
	first, err := NewDemo(t.Context(), DemoConfig())
	require.NoError(t, err)
	operators, err := first.operators(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, operators)
	require.NoError(t, first.Close())

	config := DemoConfig()
	config.demoDays = 14
	config.Alerts.Rules = append(config.Alerts.Rules, "supplier.endpoint_mismatch for=0s confirmations=1")
	config.Alerts.Served = []Phrase{Phrase(operators[0].String() + " eth JSON_RPC https://elsewhere.example")}
	b, err := NewDemo(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))
	ctx, stop := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	heard := newCrier()
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(t, b.Run(ctx, heard.tell), enough) })
	defer running.Wait()
	defer stop(enough)
	assert.Contains(t, heard.await(t, "serves eth elsewhere than it staked"), operators[0].Short())
}
