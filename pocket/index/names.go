package index

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/poktbot/poktbot/pocket"
)

// names are the words that rows hold as numbers: addresses, services, reasons, kinds, sources. Numbers are given out from 1 on without a
// gap, by one writer at a time, and are never changed, so what was read once stays true.
type names struct {
	mu   sync.RWMutex
	ids  map[string]int64
	list []name // of id 1, 2, …; only ever appended to
}

// A name is a word, and the address that it spells, if it does.
type name struct {
	text    string
	address pocket.Address
}

func newName(text string) name {
	n := name{text: text}
	if len(text) >= 40 { // no address is shorter
		if a, err := pocket.ParseAddress(text); err == nil && a.String() == text {
			n.address = a
		}
	}
	return n
}

// A vocabulary explains numbers.
type vocabulary []name

func (v vocabulary) text(id int64) string {
	if id < 1 || id > int64(len(v)) {
		return ""
	}
	return v[id-1].text
}

func (v vocabulary) address(id int64) pocket.Address {
	if id < 1 || id > int64(len(v)) {
		return pocket.Address{}
	}
	return v[id-1].address
}

func (n *names) vocabulary() vocabulary {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.list[:len(n.list):len(n.list)]
}

func (n *names) id(text string) (int64, bool) {
	if text == "" {
		return 0, true
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	id, ok := n.ids[text]
	return id, ok
}

// numbered is names that follow the first after ones.
type numbered struct {
	after int
	names []name
}

// learn takes in those of fresh that are not known yet.
func (n *names) learn(fresh numbered) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ids == nil {
		n.ids = map[string]int64{}
	}
	for i, f := range fresh.names {
		if fresh.after+i == len(n.list) {
			n.list = append(n.list, f)
			n.ids[f.text] = int64(len(n.list))
		}
	}
}

// refresh reads the names that other processes have added.
func (n *names) refresh(ctx context.Context, x *Index) error {
	fresh, err := namesAfter(ctx, x.db.Read, len(n.vocabulary()))
	if err != nil {
		return x.fault("names", err)
	}
	n.learn(fresh)
	return nil
}

func namesAfter(ctx context.Context, q querier, after int) (numbered, error) {
	rows, err := q.QueryContext(ctx, "SELECT text FROM names WHERE id > $1 ORDER BY id", after)
	if err != nil {
		return numbered{}, err
	}
	defer rows.Close()
	fresh := numbered{after: after}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return numbered{}, err
		}
		fresh.names = append(fresh.names, newName(text))
	}
	return fresh, rows.Err()
}

// unknown is the number of a word that no row holds, so that a filter by it matches nothing.
const unknown = -1

// lookup returns the numbers of words, unknown for those that nothing stored mentions.
func (x *Index) lookup(ctx context.Context, words ...string) ([]int64, error) {
	ids := make([]int64, len(words))
	refreshed := false
	for i, word := range words {
		id, ok := x.names.id(word)
		if !ok && !refreshed {
			if err := x.names.refresh(ctx, x); err != nil {
				return nil, err
			}
			refreshed = true
			id, ok = x.names.id(word)
		}
		if !ok {
			id = unknown
		}
		ids[i] = id
	}
	return ids, nil
}

// lookupAddresses and lookupServices are lookup for what filters hold.
func (x *Index) lookupAddresses(ctx context.Context, addresses []pocket.Address) ([]int64, error) {
	words := make([]string, len(addresses))
	for i, a := range addresses {
		words[i] = a.String()
	}
	return x.lookup(ctx, words...)
}

func (x *Index) lookupServices(ctx context.Context, services []pocket.ServiceID) ([]int64, error) {
	words := make([]string, len(services))
	for i, s := range services {
		words[i] = clean(string(s))
	}
	return x.lookup(ctx, words...)
}

// A lexicon explains numbers found in rows. It reads on when it meets one that another process gave out.
type lexicon struct {
	ctx context.Context
	x   *Index
	vocabulary
	err error // the first that happened: what was explained since means nothing
}

func (x *Index) lexicon(ctx context.Context) *lexicon {
	return &lexicon{ctx: ctx, x: x, vocabulary: x.names.vocabulary()}
}

func (l *lexicon) text(id int64) string {
	l.reach(id)
	return l.vocabulary.text(id)
}

func (l *lexicon) address(id int64) pocket.Address {
	l.reach(id)
	return l.vocabulary.address(id)
}

func (l *lexicon) reach(id int64) {
	if id <= int64(len(l.vocabulary)) || l.err != nil {
		return
	}
	l.err = l.x.names.refresh(l.ctx, l.x)
	l.vocabulary = l.x.names.vocabulary()
	if l.err == nil && id > int64(len(l.vocabulary)) {
		l.err = fmt.Errorf("index: number %d stands for no name: %w", id, ErrCorrupt)
	}
}

// clean makes a stranger's text fit for a database: valid UTF-8 without the zero byte, which PostgreSQL refuses.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
