package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
)

func TestARuleOfTheConfigurationChangesWhatItNamesAndNothingElse(t *testing.T) {
	c := DefaultConfig()
	c.Alerts.Rules = []Phrase{
		"tls.expiring bands=30:info,7/8:critical remind=1d", "node.* rpc.example for=10m severity=info confirmations=4", "chain.params_changed off",
	}
	rules, err := c.rules()
	require.NoError(t, err)
	before := monitor.DefaultRules()

	tls := rules.For(monitor.Key{Name: monitor.TLSExpiring, Subject: "a:443"}, nil)
	assert.Equal(t, 24*time.Hour, tls.Remind)
	require.Len(t, tls.Bands, 2)
	assert.Equal(t, "7", tls.Bands[1].At.String())
	assert.True(t, tls.Bands[1].Clear.Decimal.Equal(decimal.NewFromInt(8)))
	assert.Equal(t, monitor.Critical, tls.Bands[1].Severity)
	assert.Equal(t, before[monitor.TLSExpiring].For, tls.For)

	mine := rules.For(monitor.Key{Name: monitor.NodeUnreachable, Subject: "rpc.example"}, nil)
	assert.Equal(t, 10*time.Minute, mine.For)
	assert.Equal(t, 4, mine.Confirmations)
	assert.Equal(t, monitor.Info, mine.Severity)
	other := rules.For(monitor.Key{Name: monitor.NodeUnreachable, Subject: "other.example"}, nil)
	assert.Equal(t, before[monitor.NodeUnreachable], other)
	assert.True(t, rules.For(monitor.Key{Name: monitor.ChainParamsChanged}, nil).Disabled)
}

func TestARuleThatMakesNoSenseSaysWhatWould(t *testing.T) {
	for text, want := range map[string]string{
		"tls.expiring":                    "changes nothing",
		"":                                "changes nothing",
		"tls.expiring remind=soon":        "remind=soon: want a time such as 6h",
		"tls.expiring remindd=6h":         "did you mean remind?",
		"tls.expiring a:443 quiet":        "want KEY=VALUE, or off",
		"tls.expiring severity=bad":       "want info, warning or critical",
		"tls.expiring bands=x:info":       "from the mildest",
		"tls.expiring bands=3:info,9":     "bands go from the mildest to the worst",
		"tls.expiring bands=1e99999:info": "from the mildest",
		"tls.expiring confirmations=":     "confirmations=: want a number",
		"tls.expiring confirmations=-1":   "confirmations is below 0",
		`tls.expiring\ off`:               "followed by a character",
		"tls.expiring color=red for=10m":  "color",
	} {
		c := DefaultConfig()
		c.Alerts.Rules = []Phrase{Phrase(text)}
		_, err := c.rules()
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzRule(f *testing.F) {
	for _, seed := range []string{"tls.expiring bands=30:info,7/8:critical remind=1d", "node.* x for=10m off", "a severity=", "bands=1e999999999:info x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseRule(text)
		if err != nil {
			return
		}
		first, again := monitor.Rule{}, monitor.Rule{}
		o.Change(&first)
		o.Change(&again)
		require.Equal(t, first, again, "a change is the same each time")
		require.NotEmpty(t, strings.Fields(text))
	})
}

func TestListsOfPhrasesInTheEnvironmentKeepTheirSpaces(t *testing.T) {
	c, err := read(t, "", "POKTBOT_ALERTS_RULES=tls.* remind=1d; node.peers_low off", "POKTBOT_TAX_COLUMNS=Type=Art;Buy Amount")
	require.NoError(t, err)
	assert.Len(t, c.Alerts.Rules, 2)
	assert.Equal(t, []Phrase{"Type=Art", "Buy Amount"}, c.Tax.Columns)
	_, err = c.rules()
	require.NoError(t, err)
}
