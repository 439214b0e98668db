package bot

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/monitor/check"
	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/pocket/index"
)

// everyText is how often texts are looked through.
const everyText = 30 * time.Second

// textsLate is how much older than the newest text one may be that is read again: blocks come a minute after their time, and errors at once.
const textsLate = 2 * time.Hour

// textChecks look through what the chain and other checks say, by the rules of the configuration.
func (b *Bot) textChecks(ctx context.Context) ([]monitor.Option, error) {
	rules, err := b.config.textRules()
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	chain, err := b.chainID(ctx)
	if err != nil {
		return nil, err
	}
	memory, err := b.memory()
	if err != nil {
		return nil, err
	}
	source := &textSource{store: b.store, operators: b.operators, hearing: &b.hearing}
	texts, err := check.NewTexts(source, rules, memory, check.TextsConfig{
		Zone: b.zone, Layout: b.config.Dates.Go() + " 15:04:05 -0700", Late: textsLate, Clock: b.now, Chain: chain,
	})
	if err != nil {
		return nil, err
	}
	return []monitor.Option{monitor.Every("texts", texts, everyText, monitor.Local())}, nil
}

// A textSource has what the chain said of the watched nodes (why claims were lost, proofs did not hold and transactions failed), and the
// errors that other checks met.
type textSource struct {
	store     *index.Index
	operators func(context.Context) ([]pocket.Address, error)
	hearing   *hearing

	read time.Time    // up to when the chain's are held
	held []check.Said // the chain's, oldest first
}

// Texts implements check.TextSource.
func (s *textSource) Texts(ctx context.Context, since time.Time) iter.Seq2[check.Said, error] {
	return func(yield func(check.Said, error) bool) {
		news, err := s.news(ctx, since)
		if err != nil {
			yield(check.Said{}, err)
			return
		}
		s.held = slices.DeleteFunc(s.held, func(said check.Said) bool { return said.At.Before(since) })
		all := slices.Concat(s.held, news, s.hearing.since(since)) // what is new is told whatever its time: blocks may be read late
		s.held = append(s.held, news...)
		slices.SortStableFunc(all, func(a, b check.Said) int { return a.At.Compare(b.At) })
		for _, said := range all {
			if !yield(said, nil) {
				return
			}
		}
	}
}

// news reads what blocks told that were stored since it was last called, at first since a moment.
func (s *textSource) news(ctx context.Context, since time.Time) (news []check.Said, err error) {
	cursor, err := s.store.Cursor(ctx)
	if err != nil || cursor == 0 {
		return nil, err
	}
	block, err := s.store.Block(ctx, cursor)
	if err != nil {
		return nil, fmt.Errorf("the newest block: %w", err)
	}
	span := pocket.Span{From: cmp.Or(s.read, since), To: block.Time.Add(time.Microsecond)} // blocks that come meanwhile are for the next time
	if !span.From.Before(span.To) {
		return nil, nil
	}
	operators, err := s.operators(ctx)
	if err != nil {
		return nil, err
	}
	if len(operators) > 0 {
		if news, err = s.told(ctx, span, operators); err != nil {
			return nil, err
		}
	}
	s.read = span.To
	return news, nil
}

// told are the texts of a span that concern operators.
func (s *textSource) told(ctx context.Context, span pocket.Span, operators []pocket.Address) (texts []check.Said, err error) {
	add := func(at pocket.At, about pocket.Subject, what, message string) {
		if message != "" {
			texts = append(texts, check.Said{
				ID: fmt.Sprintf("%s %d %d", what, at.Height, at.Index), At: at.Time, Address: about.Supplier.String(), Wallet: about.Supplier.String(),
				ChainID: string(about.Service), Message: message,
			})
		}
	}
	q := pocket.EventQuery{
		Span: span, Filter: pocket.Filter{Suppliers: operators}, Kinds: []pocket.Kind{pocket.KindClaimExpiry, pocket.KindClaimDiscard, pocket.KindProofCheck},
	}
	for event, err := range s.store.Events(ctx, q) {
		if err != nil {
			return nil, fmt.Errorf("what the chain said: %w", err)
		}
		switch e := event.(type) {
		case pocket.ClaimExpiry:
			add(e.At, pocket.SubjectOf(e), "claim expired", e.Reason)
		case pocket.ClaimDiscard:
			add(e.At, pocket.SubjectOf(e), "claim discarded", e.Error)
		case pocket.ProofCheck:
			add(e.At, pocket.SubjectOf(e), "proof refused", e.Failure)
		}
	}
	for tx, err := range s.store.Transactions(ctx, index.TransactionQuery{Span: span, Parties: operators}) {
		if err != nil {
			return nil, fmt.Errorf("transactions: %w", err)
		}
		if tx.Failed() && slices.Contains(operators, tx.FeePayer) {
			add(tx.At, pocket.Subject{Supplier: tx.FeePayer}, "transaction failed", tx.Log)
		}
	}
	return texts, nil
}

// A hearing overhears the errors that checks meet. Its zero value has heard nothing.
type hearing struct {
	mu   sync.Mutex
	said []check.Said
	last map[monitor.Key]check.Said // what was heard last, of what is still wrong
}

const (
	heardAgain = 10 * time.Minute // within which another error about the same thing is not another text: many have a port or a duration in them
	heardMost  = 5_000            // texts that are held; the oldest are let go of first
)

// of returns a check that looks as c does, and whose errors are heard.
func (h *hearing) of(c monitor.Check) monitor.Check { return overheard{c, h} }

type overheard struct {
	monitor.Check
	hearing *hearing
}

// Look implements [monitor.Check].
func (o overheard) Look(ctx context.Context) ([]monitor.Result, error) {
	results, err := o.Check.Look(ctx)
	o.hearing.take(results, time.Now())
	return results, err
}

// take hears results.
func (h *hearing) take(results []monitor.Result, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		h.last = map[monitor.Key]check.Said{}
	}
	for _, r := range results {
		message := errorOf(r)
		before, known := h.last[r.Key]
		switch {
		case message == "" && r.Health == monitor.Healthy:
			delete(h.last, r.Key)
		case message == "" || known && (before.Message == message || now.Sub(before.At) < heardAgain):
		default:
			said := check.Said{
				At: now, Address: cmp.Or(r.Labels["operator"], r.Subject), Wallet: r.Labels["operator"], ServiceURL: factText(r.Facts, "url"),
				ChainID: r.Labels["service"], Message: message,
			}
			h.last[r.Key] = said
			h.said = append(h.said, said)
		}
	}
	h.said = h.said[max(0, len(h.said)-heardMost):]
}

// errorOf is what a result says is wrong, in the words of whoever said it; "" when it says nothing.
func errorOf(r monitor.Result) string {
	if r.Err != nil {
		return r.Err.Error()
	}
	if r.Health != monitor.Failing {
		return ""
	}
	return cmp.Or(factText(r.Facts, "error"), factText(r.Facts, "reason"))
}

func factText(facts monitor.Facts, name string) string {
	fact, _ := facts.Get(name)
	return fact.Value
}

// since returns what was heard since a moment, oldest first, and lets go of the rest.
func (h *hearing) since(at time.Time) []check.Said {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = slices.DeleteFunc(h.said, func(said check.Said) bool { return said.At.Before(at) })
	return slices.Clone(h.said)
}
