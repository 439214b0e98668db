package morse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

// ask puts a question to the RPC and decodes the answer into a W, which check then judges; nil takes any. Every question of the RPC is a
// POST that changes nothing.
func ask[W any](ctx context.Context, c *Client, path string, body any, check func(*rest.Answer, *W) error) (W, error) {
	var result W
	request, err := json.Marshal(body)
	if err != nil {
		return result, fmt.Errorf("%s: %w", path, err)
	}
	err = c.rpc.Do(ctx, rest.Call{
		Method: http.MethodPost, Path: "/v1" + path, Header: http.Header{"Content-Type": {"application/json"}}, Body: request, Repeatable: true,
		Read: func(a *rest.Answer) error {
			var wire W
			if err := read(a, &wire); err != nil {
				return err
			}
			if check != nil {
				if err := check(a, &wire); err != nil {
					return err
				}
			}
			result = wire
			return nil
		},
	})
	return result, err
}

// read decodes the first JSON value of an answer: some handlers go on writing after an error.
func read(a *rest.Answer, v any) error {
	if a.Status == http.StatusOK && !bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<")) {
		if first, ok := firstValue(a.Body); ok {
			a.Body = first
		}
		return a.JSON(v)
	}
	return failure(a)
}

// firstValue returns the first of several JSON values.
func firstValue(body []byte) (json.RawMessage, bool) {
	var first json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&first); err != nil {
		return nil, false
	}
	return first, true
}

// failure gives an error of a node its type, by its words. Only a node's own error can say that something does not exist: a proxy's 404
// is none.
func failure(a *rest.Answer) error {
	first, ok := firstValue(a.Body)
	var e struct {
		Code    int
		Message string
	}
	if !ok || json.Unmarshal(first, &e) != nil || e.Code == 0 {
		return unspoken(a)
	}
	known := classify(e.Message)
	failed := a.Fail(known.Reason, e.Message)
	failed.Code, failed.Lowest, failed.Latest = e.Code, known.Lowest, known.Latest
	return failed
}

// unspoken is the error of an answer that is no node's JSON. A node writes text when it has no such path or took too long.
func unspoken(a *rest.Answer) error {
	text := string(bytes.TrimSpace(a.Body[:min(len(a.Body), 120)]))
	switch a.Status {
	case http.StatusMethodNotAllowed:
		return a.Fail(pocket.ErrInvalid, "the node has no such call: "+text)
	case http.StatusServiceUnavailable:
		return a.Fail(pocket.ErrUnavailable, text)
	default:
		if !json.Valid(a.Body) {
			return a.NotJSON()
		}
		return a.Odd("the answer is no node's: " + text)
	}
}

// of says in an error what it is about.
func of[T any](err error, what string, which T) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %v: %w", what, which, err)
}

// needs checks that an address is one of Morse before a node is bothered: nodes answer others in several odd ways.
func needs(a pocket.Address, what string) error {
	if a.Kind() != pocket.MorseAddress {
		return fmt.Errorf("%q is no address of %s, want the 40 hexadecimal digits of a Morse account: %w", a, what, pocket.ErrInvalid)
	}
	return nil
}

func checkHeight(h pocket.Height) error {
	if h < 0 {
		return fmt.Errorf("height %d: heights count from 1, and 0 is the newest: %w", h, pocket.ErrInvalid)
	}
	return nil
}

// atHeight is the body of questions about the state at a height.
type atHeight struct {
	Height  pocket.Height  `json:"height"`
	Address pocket.Address `json:"address,omitzero"`
}
