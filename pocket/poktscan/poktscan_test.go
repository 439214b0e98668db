package poktscan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/poktscan/poktscantest"
)

// Addresses of the recorded data.
var (
	ownerA     = pocket.MustParseAddress("pokt1wec60pyqad3qvqhwq4qlev9c6ccu0sza7nnq5s")
	ownerB     = pocket.MustParseAddress("pokt1qgtlwjh5mzlk42swdln2f5n652w06s3lj4rwnq")
	supplier1  = pocket.MustParseAddress("pokt1p8evmws220ta5mvghcca5ag0nngdme5803x323")
	supplier2  = pocket.MustParseAddress("pokt1c3qanpux8dkjjq7ccpku4ktqpe7a67lxh7qvcz")
	supplier3  = pocket.MustParseAddress("pokt1np5vksflxg20e7rca0j97s67z0zu0hwdn9ha37")
	supplier4  = pocket.MustParseAddress("pokt1yc5pgfmg5qzntgx9fp7le49at2fechrcppfmn2")
	delegator  = pocket.MustParseAddress("pokt1uflysdxch4xgpr0k62uplm0nwcxun3wjhpta52")
	app1       = pocket.MustParseAddress("pokt1qy4caakh4xq2ttuchlncdzmt8ahyt6xd38l4xz")
	app2       = pocket.MustParseAddress("pokt1qcvxskwnpynfh76w4the8chz9a7823s6rlv499")
	dao        = pocket.MustParseAddress("pokt1wkw7uczqxqkvfemkazh9qsadexcz865pzl0hpz")
	svcOwner   = pocket.MustParseAddress("pokt1a0ua24n98xvcdwyz4w3s5ylc2jmgkplsz33w07")
	friend     = pocket.MustParseAddress("pokt1n4f2nu5dw53pdmghr6vqweq26w0jj6qrr359rs")
	exchange   = pocket.MustParseAddress("pokt1jhc6kvd3d9j7wv7s52d0v8ve08tkhwwjrrttrs")
	recordedAt = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
)

// server returns a fake service and a client of it that does not wait between attempts.
func server(t *testing.T, opts ...Option) (*poktscantest.Server, *Client) {
	t.Helper()
	s := poktscantest.New()
	t.Cleanup(s.Close)
	return s, clientOf(t, []string{s.URL}, opts...)
}

func clientOf(t *testing.T, urls []string, opts ...Option) *Client {
	t.Helper()
	quick := []Option{WithPauses(0, 0), WithRate(0), WithClock(func() time.Time { return recordedAt })}
	c, err := New(urls, append(quick, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// recorded lets the service answer an operation of ours with what the real one answered to a like question: under the names that we give its
// fields, and with what it told of its indexer in another.
func recorded(t *testing.T, s *poktscantest.Server, operation, name string, renames ...string) (body string) {
	t.Helper()
	r := poktscantest.Recorded(name)
	var answer, status struct {
		Data   map[string]json.RawMessage `json:"data"`
		Errors json.RawMessage            `json:"errors,omitempty"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.Response), &answer))
	require.NoError(t, json.Unmarshal([]byte(poktscantest.Recorded("indexer-status").Response), &status))
	for _, field := range []string{"_metadata", "tip"} {
		if answer.Data[field] == nil {
			answer.Data[field] = status.Data[field]
		}
	}
	for i := 0; i < len(renames); i += 2 {
		require.Contains(t, answer.Data, renames[i])
		answer.Data[renames[i+1]] = answer.Data[renames[i]]
	}
	made, err := json.Marshal(answer)
	require.NoError(t, err)
	s.SetReply(operation, poktscantest.Reply{Status: r.Status, ContentType: r.ContentType, Body: string(made)})
	return string(made)
}

// edited is recorded with one thing put in the place of another, wherever that is.
func edited(t *testing.T, s *poktscantest.Server, old, now, operation, name string, renames ...string) {
	t.Helper()
	body := recorded(t, s, operation, name, renames...)
	require.Contains(t, body, old)
	s.SetReply(operation, poktscantest.Reply{Body: strings.ReplaceAll(body, old, now)})
}

func collect[T any](t *testing.T, seq func(func(T, error) bool)) []T {
	t.Helper()
	var list []T
	for item, err := range seq {
		require.NoError(t, err)
		list = append(list, item)
	}
	return list
}
