package check

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

func TestEndpointMatch(t *testing.T) {
	served := []Served{
		{anOperator, "eth", "JSON_RPC", "https://RELAY.example:443/"}, {anOperator, "eth", "WEBSOCKET", "wss://relay.example/ws"},
		{anOperator, "base", "JSON_RPC", "https://relay.example/base"},
	}
	match := func(suppliers ...pocket.Supplier) map[string]monitor.Result {
		t.Helper()
		m, err := NewEndpointMatch(stakedList(suppliers), served, "pocket")
		require.NoError(t, err)
		results, err := m.Look(t.Context())
		require.NoError(t, err)
		by := map[string]monitor.Result{}
		for _, r := range results {
			assert.Equal(t, monitor.SupplierEndpointMismatch, r.Name)
			assert.Equal(t, anOperator.String(), r.Subject)
			by[r.Part] = r
		}
		return by
	}
	s := serving("JSON_RPC", "https://relay.example")
	s.Services[0].Endpoints = append(s.Services[0].Endpoints, pocket.Endpoint{URL: "wss://relay.example/WS", RPCType: "WEBSOCKET"}, pocket.Endpoint{URL: "grpc://x", RPCType: "GRPC"})
	by := match(s)
	assert.Len(t, by, 4)
	assert.Equal(t, monitor.Healthy, by["eth JSON_RPC"].Health, "another spelling is no difference")
	ws := by["eth WEBSOCKET"]
	assert.Equal(t, monitor.Failing, ws.Health)
	assert.Equal(t, "https://relay.example/WS", fact(ws, "staked"))
	assert.Equal(t, "https://relay.example/ws", fact(ws, "serving"))
	assert.Equal(t, "nothing", fact(by["base JSON_RPC"], "staked"))
	assert.Equal(t, "nothing", fact(by["eth GRPC"], "serving"))

	s.UnstakeSessionEnd = 100
	assert.Empty(t, match(s), "a supplier that leaves is not compared")
	s = serving("JSON_RPC", "https://other.example")
	s.Operator = another
	assert.Empty(t, match(s), "nor one that nothing is said about")

	_, err := NewEndpointMatch(stakedList{}, []Served{{anOperator, "eth", "REST", "relay.example"}}, "")
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}
