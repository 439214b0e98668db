package pockettest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// A reply is what a running node once answered, a line of index.json.
type reply struct {
	Name        string            `json:"name"`
	Server      string            `json:"server"`
	Method      string            `json:"method"`
	Path        string            `json:"path"`
	Headers     map[string]string `json:"request_headers"`
	Body        string            `json:"request_body"`
	Status      int               `json:"status"`
	ContentType string            `json:"content_type"`
	File        string            `json:"file"`
}

// replies are all recorded answers of a directory.
type replies struct {
	dir    fs.FS
	all    []reply
	pinned map[string]int // by name: these win over the blocks; of those with the same question the highest does
}

func readReplies(dir fs.FS) (*replies, error) {
	text, err := fs.ReadFile(dir, "index.json")
	if err != nil {
		return nil, err
	}
	known := &replies{dir: dir, pinned: map[string]int{}}
	if err := json.Unmarshal(text, &known.all); err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	return known, nil
}

// Replay makes a node that serves recordings answer with those of these names, rather than from its blocks or with another recording of
// the same question, of which the one named last wins: "rpc_pruned_status" makes it tell what a pruned node did. An unknown name, or
// a node that serves a chain, is an error.
func (n *Node) Replay(names ...string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range names {
		if n.replies == nil || !slices.ContainsFunc(n.replies.all, func(r reply) bool { return r.Name == name }) {
			return fmt.Errorf("recording %q: %w", name, pocket.ErrNotFound)
		}
		n.replies.pinned[name] = len(n.replies.pinned) + 1
	}
	return nil
}

// fromBlocks are the paths that the blocks answer.
func fromBlocks(path string) bool {
	switch path {
	case "/status", "/block", "/block_results", "/blockchain", "/header", "/commit", "/block_search", "/tx_search", "/tx", "/block_by_hash":
		return true
	}
	return false
}

// serve answers what was recorded; it reports whether it has. A nil replies knows nothing.
func (k *replies) serve(n *Node, w http.ResponseWriter, r *http.Request) bool {
	if k == nil {
		return false
	}
	server := "rpc"
	if "http://"+r.Host == n.REST {
		server = "rest"
	}
	var body []byte
	if r.Method == http.MethodPost {
		body, _ = io.ReadAll(r.Body) // it was read into memory before
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	answer, ok := k.find(n, server, r, string(body))
	if !ok {
		return false
	}
	text, err := fs.ReadFile(k.dir, answer.File)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return true
	}
	w.Header().Set("Content-Type", answer.ContentType)
	w.WriteHeader(answer.Status)
	_, _ = w.Write(text)
	return true
}

func (k *replies) find(n *Node, server string, r *http.Request, body string) (reply, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found reply
	for _, candidate := range k.all {
		if candidate.Server != server || candidate.Method != r.Method || !candidate.fits(r, body) {
			continue
		}
		if k.pinned[candidate.Name] > k.pinned[found.Name] {
			found = candidate
		}
		open := server == "rest" || r.Method != http.MethodGet || !fromBlocks(r.URL.Path)
		if open && found.Name == "" {
			found = candidate
		}
	}
	return found, found.Name != ""
}

// fits compares path, query, the state asked for and what was posted. The order of query parameters does not matter.
func (a reply) fits(r *http.Request, body string) bool {
	path, query, _ := strings.Cut(a.Path, "?")
	if path != r.URL.Path || a.Headers["x-cosmos-block-height"] != r.Header.Get("x-cosmos-block-height") {
		return false
	}
	if r.Method == http.MethodPost {
		return sameJSON(a.Body, body)
	}
	values, err := url.ParseQuery(query)
	return err == nil && values.Encode() == r.URL.Query().Encode()
}

func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return bytes.Equal(mustJSON(x), mustJSON(y))
}
