package morsetest

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// A Fault is how a node misbehaves.
type Fault struct {
	Path  string        // the path of the questions that meet it, such as /v1/query/node; "" is every one
	Kind  FaultKind     //
	Times int           // how many questions; 0 is all until [Node.Mend]
	Delay time.Duration // of Slow
}

// A FaultKind is a way to misbehave.
type FaultKind string

// The ways.
const (
	Overloaded FaultKind = "overloaded" // 503 with the text that a node gives up with
	TwoValues  FaultKind = "two values" // goes on with a second JSON value behind the answer
	Slow       FaultKind = "slow"       // answers after Delay, or when the question is given up
	Pruned     FaultKind = "pruned"     // says that the state was dropped
	HTML       FaultKind = "html"       // a proxy's page in place of an answer
	Cut        FaultKind = "cut"        // half of the answer
	Garbage    FaultKind = "garbage"    // what is no JSON
)

// Inject makes the node misbehave from now on. Several faults are tried in the order in which they were injected.
func (n *Node) Inject(f Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = append(n.faults, &f)
}

// Mend makes the node behave.
func (n *Node) Mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = nil
}

// fault returns the fault that a question meets, nil for none.
func (n *Node) fault(path string) *Fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, f := range n.faults {
		if f.Path != "" && f.Path != path {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				n.faults = append(n.faults[:i:i], n.faults[i+1:]...)
			}
		}
		return f
	}
	return nil
}

// misbehave answers by a fault. answer is what would have been said.
func (f *Fault) misbehave(w http.ResponseWriter, r *http.Request, answer *response) {
	switch f.Kind {
	case Overloaded:
		text(http.StatusServiceUnavailable, "Server Timeout Handling Request").write(w)
	case TwoValues:
		two := *answer
		two.body += "\n" + `{"page_count":0,"total_txs":0,"txs":null}` + "\n"
		two.write(w)
	case Slow:
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
			return
		}
		answer.write(w)
	case Pruned:
		failure("error loading store: KVStoreKey{0x24091cc11ed0, main}, in LoadLazyVersion: version does not exist").write(w)
	case HTML:
		response{status: http.StatusBadGateway, contentType: "text/html", body: "<html><head><title>502 Bad Gateway</title></head></html>"}.write(w)
	case Cut:
		w.Header().Set("Content-Length", "100000000")
		w.Header().Set("Content-Type", answer.contentType)
		_, _ = io.WriteString(w, answer.body[:len(answer.body)/2])
	case Garbage:
		response{status: http.StatusOK, contentType: answer.contentType, body: strings.Repeat("\x00\x01garbage", 3)}.write(w)
	}
}
