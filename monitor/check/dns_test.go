package check

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// namesBench looks at one name again and again.
type namesBench struct {
	t      *testing.T
	names  *names
	check  *Names
	memory Memory
	now    time.Time
}

func newNamesBench(t *testing.T) *namesBench {
	b := &namesBench{t: t, names: hosts(), memory: NewMemory(), now: testNow}
	b.restart()
	return b
}

// restart begins anew with what is kept.
func (b *namesBench) restart() {
	check, err := NewNames(stakedList{serving("JSON_RPC", "https://relay.example/v1", "https://1.2.3.4", "https://solo", "nonsense")}, b.memory, NamesConfig{
		Resolver: b.names, Clock: func() time.Time { return b.now }, Chain: "pocket",
	})
	require.NoError(b.t, err)
	b.check = check
}

// look gives an answer and returns what was told of it, five minutes later.
func (b *namesBench) look(addrs ...string) monitor.Result {
	b.t.Helper()
	b.now = b.now.Add(5 * time.Minute)
	b.names.set("relay.example", addrs...)
	results, err := b.check.Look(b.t.Context())
	require.NoError(b.t, err)
	require.Len(b.t, results, 1, "addresses and names without a dot are not looked up")
	require.Equal(b.t, monitor.Key{Name: monitor.DNSChanged, Subject: "relay.example"}, results[0].Key)
	return results[0]
}

// learned looks as often as it takes.
func (b *namesBench) learned(addrs ...string) {
	b.t.Helper()
	for range 5 {
		require.Empty(b.t, b.look(addrs...).Occurrence)
	}
}

func TestNames(t *testing.T) {
	t.Run("another address is told, by the same occurrence for a day", func(t *testing.T) {
		b := newNamesBench(t)
		b.learned("1.1.1.1", "1.1.1.2")
		assert.Empty(t, b.look("1.1.1.2", "1.1.1.1").Occurrence, "the order does not matter")
		r := b.look("1.1.1.1", "1.1.1.2", "9.9.9.9")
		assert.NotEmpty(t, r.Occurrence)
		assert.Equal(t, b.now, r.At)
		assert.Equal(t, "9.9.9.9", fact(r, "added"))
		assert.Equal(t, "nothing", fact(r, "removed"))
		assert.Equal(t, "1.1.1.1, 1.1.1.2, 9.9.9.9", fact(r, "now"))
		assert.Equal(t, map[string]string{"chain": "pocket", "host": "relay.example", "operator": anOperator.String(), "owner": anOwner.String()}, r.Labels)
		again := b.look("1.1.1.1", "1.1.1.2", "9.9.9.9")
		assert.Equal(t, r.Occurrence, again.Occurrence)
		b.now = b.now.Add(24 * time.Hour)
		assert.Empty(t, b.look("1.1.1.1", "1.1.1.2", "9.9.9.9").Occurrence)
	})
	t.Run("a name that leads elsewhere is one change", func(t *testing.T) {
		b := newNamesBench(t)
		b.learned("1.1.1.1")
		r := b.look("2606:4700::1")
		assert.Equal(t, "2606:4700::1", fact(r, "added"))
		assert.Equal(t, "1.1.1.1", fact(r, "removed"))
		assert.Equal(t, r.Occurrence, b.look("2606:4700::1").Occurrence)
	})
	t.Run("an address is gone after three looks without it", func(t *testing.T) {
		b := newNamesBench(t)
		b.learned("1.1.1.1", "1.1.1.2")
		assert.Empty(t, b.look("1.1.1.1").Occurrence)
		assert.Empty(t, b.look("1.1.1.1").Occurrence)
		r := b.look("1.1.1.1")
		assert.NotEmpty(t, r.Occurrence)
		assert.Equal(t, "1.1.1.2", fact(r, "removed"))
		assert.NotEqual(t, r.Occurrence, b.look("1.1.1.1", "1.1.1.2").Occurrence, "and its return is another change")
	})
	t.Run("a name that gives its addresses by turns does not change", func(t *testing.T) {
		b := newNamesBench(t)
		for i := range 60 {
			r := b.look(fmt.Sprintf("5.5.%d.1", i%4), fmt.Sprintf("5.5.%d.1", (i+1)%4))
			require.Empty(t, r.Occurrence, "look %d: %v", i, r.Facts)
		}
		assert.Empty(t, b.look("5.5.2.77", "5.5.0.1").Occurrence, "one more of the same network is none either")
		r := b.look("5.5.0.1", "66.6.6.6")
		assert.Equal(t, "66.6.6.6", fact(r, "added"), "but one of elsewhere is")
		assert.Equal(t, "nothing", fact(r, "removed"))
		b.now = b.now.Add(8 * 24 * time.Hour)
		b.look("5.5.0.1")
		assert.Len(t, b.check.known["relay.example"].Pool, 1, "what was not given for a week is forgotten")
	})
	t.Run("a change while nobody looked is told after the restart, and once", func(t *testing.T) {
		b := newNamesBench(t)
		b.learned("1.1.1.1")
		b.restart()
		r := b.look("9.9.9.9")
		assert.NotEmpty(t, r.Occurrence)
		b.restart()
		assert.Equal(t, r.Occurrence, b.look("9.9.9.9").Occurrence)
	})
	t.Run("no answer is no change", func(t *testing.T) {
		b := newNamesBench(t)
		b.learned("1.1.1.1")
		r := b.look("fails")
		assert.Equal(t, monitor.Unknown, r.Health)
		assert.EqualError(t, r.Err, "name relay.example: DNS does not answer")
		assert.Equal(t, monitor.SupplierEndpointDown, r.Causes[0].Name)
		delete(b.names.hosts, "relay.example")
		results, err := b.check.Look(t.Context())
		require.NoError(t, err)
		assert.ErrorContains(t, results[0].Err, "not known to DNS")
		assert.Empty(t, b.look("1.1.1.1").Occurrence)
		var many []string
		for i := range mostAddresses + 1 {
			many = append(many, fmt.Sprintf("7.7.7.%d", i))
		}
		assert.ErrorContains(t, b.look(many...).Err, "65 addresses")
	})
	t.Run("a stranger cannot fill the memory", func(t *testing.T) {
		b := newNamesBench(t)
		for i := range 40 {
			var answer []string
			for j := range mostAddresses {
				answer = append(answer, fmt.Sprintf("%d.%d.9.9", 20+i, j), fmt.Sprintf("50.50.%d.%d", i%2, j))
			}
			b.look(answer[:mostAddresses]...)
		}
		assert.LessOrEqual(t, len(b.check.known["relay.example"].Pool), mostKnown)
	})
	t.Run("what cannot be kept is not believed to be known", func(t *testing.T) {
		b := newNamesBench(t)
		b.learned("1.1.1.1")
		broken := &brokenMemory{b.memory, errors.New("disk full")}
		b.check.memory = broken
		r := b.look("9.9.9.9")
		assert.Equal(t, monitor.Unknown, r.Health)
		assert.ErrorContains(t, r.Err, "disk full")
		broken.err = nil
		assert.NotEmpty(t, b.look("9.9.9.9").Occurrence)
	})
	t.Run("names of the operator's own are looked at, and bad ones refused", func(t *testing.T) {
		check, err := NewNames(nil, NewMemory(), NamesConfig{Hosts: []string{"Relay.Example.", "relay.example"}, Resolver: everywhere("10.0.0.1")})
		require.NoError(t, err)
		results, err := check.Look(t.Context())
		require.NoError(t, err)
		require.Len(t, results, 1)
		assert.Equal(t, "relay.example", results[0].Subject)
		_, err = NewNames(nil, NewMemory(), NamesConfig{Hosts: []string{"https://relay.example"}})
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		check, err = NewNames(brokenList{}, NewMemory(), NamesConfig{})
		require.NoError(t, err)
		_, err = check.Look(t.Context())
		assert.ErrorIs(t, err, pocket.ErrUnavailable)
	})
	t.Run("what there was no time for is unknown, and an end is no result", func(t *testing.T) {
		check, err := NewNames(nil, NewMemory(), NamesConfig{Hosts: []string{"relay.example"}, Resolver: waiting{}, Timeout: time.Hour})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		results, err := check.Look(ctx)
		require.NoError(t, err)
		assert.ErrorIs(t, results[0].Err, errUnfinished)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		_, err = check.Look(ctx)
		assert.ErrorIs(t, err, context.Canceled)
	})
}

// waiting is a resolver that does not answer.
type waiting struct{}

func (waiting) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// brokenMemory is a memory that cannot keep anything while err is set.
type brokenMemory struct {
	Memory
	err error
}

func (m *brokenMemory) Keep(ctx context.Context, name string, value []byte) error {
	if m.err != nil {
		return m.err
	}
	return m.Memory.Keep(ctx, name, value)
}

// memories is the contract of a memory.
func memories(t *testing.T, open func() Memory) {
	ctx := t.Context()
	m := open()
	value, err := m.Recall(ctx, "dns/nobody")
	require.NoError(t, err)
	assert.Nil(t, value, "nothing is nil")
	require.NoError(t, m.Keep(ctx, "dns/../../etc/passwd\x00é", []byte(`{"a":1}`)))
	require.NoError(t, m.Keep(ctx, "other", []byte("2")))
	require.NoError(t, m.Keep(ctx, "dns/../../etc/passwd\x00é", []byte(`{"a":3}`)))
	value, err = m.Recall(ctx, "dns/../../etc/passwd\x00é")
	require.NoError(t, err)
	assert.Equal(t, `{"a":3}`, string(value))
	value[0] = 'x'
	value, err = m.Recall(ctx, "dns/../../etc/passwd\x00é")
	require.NoError(t, err)
	assert.Equal(t, `{"a":3}`, string(value), "what was read is the reader's own")
	got, known, err := recall[map[string]int](ctx, m, "dns/../../etc/passwd\x00é")
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, map[string]int{"a": 3}, got)
	require.NoError(t, m.Keep(ctx, "other", []byte("not JSON")))
	_, known, err = recall[map[string]int](ctx, m, "other")
	require.NoError(t, err)
	assert.False(t, known, "what cannot be read any more is forgotten")
}

func TestMemories(t *testing.T) {
	t.Run("of a program", func(t *testing.T) { memories(t, NewMemory) })
	t.Run("of files", func(t *testing.T) {
		dir := t.TempDir() + "/memory"
		open := func() Memory {
			m, err := NewFileMemory(dir)
			require.NoError(t, err)
			return m
		}
		memories(t, open)
		value, err := open().Recall(t.Context(), "other")
		require.NoError(t, err)
		assert.Equal(t, "not JSON", string(value), "it outlives the program")
		_, err = NewFileMemory("")
		assert.ErrorIs(t, err, pocket.ErrInvalid)
		_, err = NewFileMemory(strings.Repeat("x", 300))
		assert.Error(t, err)
	})
}
