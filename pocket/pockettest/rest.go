package pockettest

import "net/http"

func (n *Node) serveREST(w http.ResponseWriter, r *http.Request) {
	if n.replies.serve(n, w, r) {
		return
	}
	w.WriteHeader(501)
}
