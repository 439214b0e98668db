package pockettest

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestANodeAnswersWithoutASocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := Unserved(calmChain(20))
		defer node.Close()
		client := http.Client{Transport: node.Transport()}
		get := func(url string) (int, string, error) {
			response, err := client.Get(url)
			if err != nil {
				return 0, "", err
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			return response.StatusCode, string(body), err
		}
		status, body, err := get(node.RPC + "/status")
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, body, `"latest_block_height":"20"`)
		_, body, err = get(node.REST + module + "/supplier/params")
		require.NoError(t, err)
		assert.Contains(t, body, "min_stake")
		response, err := client.Post(node.RPC, "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":7,"method":"health","params":{}}`))
		require.NoError(t, err)
		body2, _ := io.ReadAll(response.Body)
		require.NoError(t, response.Body.Close())
		assert.JSONEq(t, `{"jsonrpc":"2.0","id":7,"result":{}}`, string(body2))
		assert.Equal(t, 1, node.Count("/status"))

		node.Fail(Fault{Kind: Down, Times: 1})
		_, _, err = get(node.RPC + "/status")
		require.ErrorIs(t, err, errBroken)
		node.Fail(Fault{Kind: Slow, Delay: time.Hour, Times: 1})
		began := time.Now()
		_, _, err = get(node.RPC + "/status")
		require.NoError(t, err)
		assert.Equal(t, time.Hour, time.Since(began), "time is simulated")
		_, _, err = get("http://elsewhere.invalid/")
		assert.Error(t, err)
	})
}
