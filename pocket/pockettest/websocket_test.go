package pockettest

import (
	"context"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func dial(t testing.TB, node *Node) *websocket.Conn {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), strings.Replace(node.RPC, "http", "ws", 1)+"/websocket", nil)
	require.NoError(t, err)
	if response != nil && response.Body != nil {
		_ = response.Body.Close()
	}
	conn.SetReadLimit(64 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func write(t testing.TB, conn *websocket.Conn, text string) {
	t.Helper()
	require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(text)))
}

func read(t testing.TB, conn *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, frame, err := conn.Read(ctx)
	require.NoError(t, err)
	return string(frame)
}

// transcript returns the frames of a recorded conversation.
func transcript(t testing.TB, name string) (sent, received []string) {
	t.Helper()
	text, err := fs.ReadFile(Recordings(), name+".txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimRight(line, "\n"), " ", 3)
		switch parts[0] {
		case ">":
			sent = append(sent, parts[2])
		case "<":
			received = append(received, parts[2])
		}
	}
	return sent, received
}

func TestWebsocketAnswersAsRecorded(t *testing.T) {
	for _, name := range []string{"ws_errors", "ws_subscription_limit"} {
		t.Run(name, func(t *testing.T) {
			node := smallNode(t)
			conn := dial(t, node)
			sent, received := transcript(t, name)
			for _, frame := range sent {
				write(t, conn, frame)
			}
			for _, want := range received {
				got := read(t, conn)
				if strings.Contains(want, "node_info") {
					want, got = shape(t, []byte(want)), shape(t, []byte(got))
				}
				assert.Equal(t, want, got)
			}
		})
	}
}

func TestSubscribersHearOfBlocks(t *testing.T) {
	node := smallNode(t)
	chain := node.Chain()
	conn := dial(t, node)
	subscribe := func(id, query string) {
		write(t, conn, `{"jsonrpc":"2.0","id":`+id+`,"method":"subscribe","params":{"query":"`+query+`"}}`)
		assert.Equal(t, `{"jsonrpc":"2.0","id":`+id+`,"result":{}}`, read(t, conn))
	}
	t.Run("a header for each block, in order, as recorded", func(t *testing.T) {
		subscribe("1", "tm.event='NewBlockHeader'")
		_, recorded := transcript(t, "ws_newblockheader")
		chain.Advance(3)
		for h := pocket.Height(121); h <= 123; h++ {
			frame := read(t, conn)
			assert.Equal(t, shape(t, []byte(recorded[1])), shape(t, []byte(frame)))
			assert.Contains(t, frame, `"height":"`+heightText(h)+`"`)
		}
		write(t, conn, `{"jsonrpc":"2.0","id":1,"method":"unsubscribe","params":{"query":"tm.event='NewBlockHeader'"}}`)
		read(t, conn)
	})
	t.Run("whole blocks and their events", func(t *testing.T) {
		subscribe("2", "tm.event='NewBlockEvents'")
		_, recorded := transcript(t, "ws_newblockevents")
		chain.Advance(1)
		frame := read(t, conn)
		var was, is struct {
			Result struct {
				Query string
				Data  struct {
					Type  string
					Value map[string]json.RawMessage
				}
				Events map[string][]string
			}
		}
		require.NoError(t, json.Unmarshal([]byte(recorded[1]), &was))
		require.NoError(t, json.Unmarshal([]byte(frame), &is))
		assert.Equal(t, was.Result.Data.Type, is.Result.Data.Type)
		for key := range was.Result.Data.Value {
			assert.Contains(t, is.Result.Data.Value, key)
		}
		assert.Equal(t, was.Result.Events["transfer.mode"], is.Result.Events["transfer.mode"][:2])
		subscribe("3", "tm.event='NewBlock'")
		chain.Advance(1)
		read(t, conn) // the events
		frame = read(t, conn)
		assert.Contains(t, frame, `"type":"tendermint/event/NewBlock"`)
		assert.Contains(t, frame, `"result_finalize_block":{"events":[`)
		assert.True(t, json.Valid([]byte(frame)))
	})
	t.Run("transactions that match", func(t *testing.T) {
		busy := NewNode(NewChain(Config{Seed: 8, Params: SmallParams(), Blocks: 120, Rates: Rates{Sends: 5000}}))
		defer busy.Close()
		conn := dial(t, busy)
		sent, recorded := transcript(t, "ws_tx_msgsend")
		write(t, conn, sent[0])
		assert.Equal(t, recorded[0], read(t, conn))
		busy.Chain().Advance(10)
		frame := read(t, conn)
		assert.Contains(t, frame, `"type":"tendermint/event/Tx"`)
		assert.Contains(t, frame, `/cosmos.bank.v1beta1.MsgSend`)
	})
}

func TestWebsocketsCanBeCut(t *testing.T) {
	node := smallNode(t)
	conn := dial(t, node)
	write(t, conn, `{"jsonrpc":"2.0","id":1,"method":"health","params":{}}`)
	read(t, conn)
	assert.Equal(t, 1, node.Websockets())
	heal := node.Fail(Fault{Kind: CloseWebsockets, Times: 2})
	_, _, err := conn.Read(t.Context())
	require.Error(t, err)
	_, _, err = websocket.Dial(t.Context(), strings.Replace(node.RPC, "http", "ws", 1)+"/websocket", nil)
	require.Error(t, err)
	heal()
	dial(t, node)
	t.Run("closing the node ends them", func(t *testing.T) {
		conn := dial(t, node)
		node.Close()
		_, _, err := conn.Read(t.Context())
		require.Error(t, err)
	})
}
