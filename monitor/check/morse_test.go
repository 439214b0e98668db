package check

import (
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/monitortest"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/morse"
	"github.com/poktbot/poktbot/pocket/morse/morsetest"
)

// From the wire to the message: what may happen to nodes of Morse.
func TestNodesOfMorseAreTold(t *testing.T) {
	key, app := morsetest.KeyOf("node"), morsetest.KeyOf("app")
	who, stranger := key.Address(), morsetest.KeyOf("nobody").Address()
	chain := morsetest.NewChain(morsetest.Config{
		Accounts: map[pocket.Address]int64{who: 200_000_000_000}, Apps: map[string]morsetest.Key{"app": app},
		Stakes: []morsetest.Stake{{Key: key, Chains: []string{"0001"}, Value: 15_000_000_000, URL: "https://node.example:443"}},
		Params: map[string]string{
			"pos/MaxJailedBlocks": `"20"`, "pocketcore/ClaimExpiration": `"8"`, "pos/UnstakingTime": `"18000000000000"`,
			"pocketcore/SupportedBlockchains": `["0001"]`,
		},
	})
	for range 8 {
		chain.Step(nil)
	}
	node := morsetest.NewNode(chain, morsetest.NodeConfig{})
	defer node.Close()
	synctest.Test(t, func(t *testing.T) {
		line := &cable{over: monitortest.Transport(node.Handler())}
		client, err := morse.New([]string{"http://morse.test"}, morse.WithTransport(line), morse.WithRetries(0))
		require.NoError(t, err)
		defer client.Close()
		memory := NewMemory()
		b := monitortest.Start(t, monitor.Every("morse", NewMorseNodes(Fixed(stranger, who, anOperator), client, memory, MorseConfig{}), 5*time.Minute))
		var told []monitor.Event
		heard := func() (lines []string) {
			for _, e := range b.Told() {
				if told = append(told, e); e.Kind != monitor.Reminded {
					lines = append(lines, strings.TrimSpace(string(e.Kind)+" "+e.Severity.String()+" "+string(e.Alert.Name)+" "+e.Alert.Part))
					if e.Alert.Name != monitor.MonitorBlind {
						assert.Equal(t, who.String(), e.Alert.Subject)
					}
				}
			}
			return lines
		}
		blocks := func(n int, txs []morsetest.Tx, mishaps ...morsetest.Mishap) []string {
			for range n {
				node.Grow(func(c *morsetest.Chain) { c.Step(txs, mishaps...) })
				b.Pass(15 * time.Minute)
				txs, mishaps = nil, nil
			}
			return heard()
		}
		fact := func(name string) string {
			f, _ := told[len(told)-1].Alert.Facts.Get(name)
			return f.Value
		}
		sign := func(m morsetest.Message) []morsetest.Tx { return []morsetest.Tx{{Signer: key, Message: m}} }
		require.Empty(t, blocks(4, nil), "all is well")

		line.down.Store(true)
		assert.Equal(t, []string{"fired warning monitor.blind"}, blocks(4, nil))
		line.down.Store(false)
		assert.Equal(t, []string{"resolved warning monitor.blind"}, blocks(3, nil))

		assert.Equal(t, []string{"fired warning validator.missing_blocks"}, blocks(1, nil, morsetest.Mishap{Node: who, Missed: 1}))
		assert.Equal(t, []string{"changed critical validator.missing_blocks"}, blocks(1, nil, morsetest.Mishap{Node: who, Missed: 4}))
		assert.Equal(t, "4", fact("most"))
		assert.Equal(t, "1", fact("jailed_in"))
		assert.Equal(t, []string{"fired critical validator.jailed", "resolved critical validator.missing_blocks"},
			blocks(1, nil, morsetest.Mishap{Node: who, Slash: 1_000_000, Jail: 90 * time.Minute}))
		assert.Equal(t, []string{"fired warning validator.force_unstake_near"}, blocks(11, nil))
		assert.Equal(t, "10", fact("blocks_left"))
		assert.Equal(t, []string{"changed critical validator.force_unstake_near"}, blocks(8, nil))
		assert.Equal(t, []string{"resolved critical validator.force_unstake_near", "resolved critical validator.jailed"}, sorted(blocks(1, sign(morsetest.Unjail{Node: who, Signer: who}))))

		for chain.Height()%4 != 0 {
			require.Empty(t, blocks(1, nil))
		}
		session := chain.Height() + 1
		require.Empty(t, blocks(4, nil))
		claim := morsetest.Claim{Node: who, App: app, Chain: "0001", Session: session, Relays: 1200}
		require.Empty(t, blocks(1, sign(claim)))
		require.Empty(t, blocks(16, nil), "there is time")
		part := claimPart(morse.ClaimKey{Chain: "0001", SessionHeight: pocket.Height(session), AppKey: app.String(), Evidence: morse.Relays})
		assert.Equal(t, []string{"fired warning proof.missing " + part}, blocks(1, nil))
		assert.Equal(t, "1200", fact("relays"))
		assert.Equal(t, []string{"resolved warning proof.missing " + part}, blocks(1, sign(morsetest.Proof{Servicer: key, App: app, Chain: "0001", Session: session})))

		session = chain.Height()/4*4 + 1
		require.Empty(t, blocks(4, nil))
		claim.Session = session
		part = claimPart(morse.ClaimKey{Chain: "0001", SessionHeight: pocket.Height(session), AppKey: app.String(), Evidence: morse.Relays})
		require.Empty(t, blocks(1, sign(claim)))
		lost := blocks(34, nil)
		assert.Equal(t, []string{"fired warning proof.missing " + part, "changed critical proof.missing " + part}, lost[:2])
		assert.ElementsMatch(t, []string{"fired warning claim.expired " + part, "resolved critical proof.missing " + part}, lost[2:])

		assert.Equal(t, []string{"fired warning supplier.unbonding"}, blocks(4, sign(morsetest.Unstake{Node: who, Signer: who})))
		assert.Equal(t, "14999000000", fact("stake"))
		assert.NotEmpty(t, fact("ends_at"))
		b.Stop()
		b = monitortest.StartIn(t, b.Store, monitor.Every("morse", NewMorseNodes(Fixed(who), client, memory, MorseConfig{}), 5*time.Minute))
		assert.ElementsMatch(t, []string{"fired warning supplier.unstaked", "withdrawn warning supplier.unbonding"}, blocks(24, nil), "who looks anew remembers that it was staked")
		b.Pass(50 * time.Hour)
		passed(t, b)
	})
}

func sorted(lines []string) []string {
	if len(lines) == 2 && lines[0] > lines[1] {
		lines[0], lines[1] = lines[1], lines[0]
	}
	return lines
}

// A cable may be cut.
type cable struct {
	over http.RoundTripper
	down atomic.Bool
}

// RoundTrip implements [http.RoundTripper].
func (c *cable) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.down.Load() {
		return nil, syscall.ECONNREFUSED
	}
	return c.over.RoundTrip(r)
}
