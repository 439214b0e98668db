package shannon

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// An rpcParam is a parameter of a CometBFT call. Its value is written as the node wants it: text in double quotes, numbers bare.
type rpcParam struct{ name, value string }

func number64[T ~int | ~int64](name string, value T) rpcParam {
	return rpcParam{name, fmt.Sprint(int64(value))}
}

// text quotes value as a Go string, which is what the node's parser of GET parameters reads. value holds no control characters: only the
// queries of this package come here.
func text(name, value string) rpcParam {
	return rpcParam{name, `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`}
}

func encodeParams(params []rpcParam) string {
	var b strings.Builder
	for i, p := range params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		b.WriteByte('=')
		b.WriteString(strings.ReplaceAll(url.QueryEscape(p.value), "+", "%20"))
	}
	return b.String()
}

// askRPC puts a question to the CometBFT RPC. check looks at what was decoded, and its error is of the answer; it may be nil.
func askRPC[T any](ctx context.Context, n *nodes, path string, params []rpcParam, check func(*rest.Answer, *T) error) (T, error) {
	var result T
	if n.rpc == nil {
		return result, fmt.Errorf("%s: the client has no RPC URL: %w", path, pocket.ErrInvalid)
	}
	err := n.rpc.Do(ctx, rest.Call{Path: path, Query: encodeParams(params), Read: func(a *rest.Answer) error {
		var fresh T
		if err := readRPC(a, &fresh); err != nil {
			return err
		}
		if check != nil {
			if err := check(a, &fresh); err != nil {
				return err
			}
		}
		result = fresh
		return nil
	}})
	return result, err
}

// readRPC decodes the result in a JSON-RPC envelope, or the error in it, whatever the HTTP status: errors come with 500 over GET.
func readRPC[T any](a *rest.Answer, result *T) error {
	var envelope struct {
		Result *T             `json:"result"`
		Error  *envelopeError `json:"error"`
	}
	if a.Status == http.StatusNotFound && bytes.HasPrefix(a.Body, []byte("404 page not found")) {
		e := a.Fail(pocket.ErrMalformed, "there is no CometBFT RPC at this URL")
		return e
	}
	if err := a.JSON(&envelope); err != nil {
		return err
	}
	switch {
	case envelope.Error != nil:
		return nodeFailure(a, *envelope.Error)
	case a.Status != http.StatusOK:
		return a.Fail(pocket.ErrUnavailable, "an answer without an error")
	case envelope.Result == nil:
		return a.Fail(pocket.ErrMalformed, "an answer without a result")
	}
	*result = *envelope.Result
	return nil
}

// nodeFailure gives the error of a JSON-RPC envelope its type.
func nodeFailure(a *rest.Answer, e envelopeError) error {
	words := e.Data
	if words == "" {
		words = e.Message
	}
	known := classify(words)
	if known.Reason == nil {
		switch e.Code {
		case -32602, -32600, -32700, -32601: // the question itself; none of ours should be
			known.Reason = pocket.ErrInvalid
		default:
			known.Reason = pocket.ErrUnavailable
		}
	}
	failure := a.Fail(known.Reason, words)
	failure.Code, failure.Lowest, failure.Latest = e.Code, known.Lowest, known.Latest
	return failure
}
