package rewards

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/pocket"
)

func TestPrevious(t *testing.T) {
	tests := []struct {
		name, zone         string
		from, to           string
		wantFrom, wantUpTo string
	}{
		{"a month", "UTC", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"a quarter", "UTC", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "2025-10-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		{"a day after one of 23 hours", "Europe/Madrid", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"seven days", "UTC", "2026-11-15T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-08T00:00:00Z", "2026-11-15T00:00:00Z"},
		{"some hours", "UTC", "2026-11-15T06:00:00Z", "2026-11-15T09:00:00Z", "2026-11-15T03:00:00Z", "2026-11-15T06:00:00Z"},
		{"a month of UTC elsewhere is just a length", "Asia/Tokyo", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-01-29T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"an empty range", "UTC", "2026-11-15T06:00:00Z", "2026-11-15T06:00:00Z", "2026-11-15T06:00:00Z", "2026-11-15T06:00:00Z"},
		{"an empty range at midnight", "UTC", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q, err := Previous(Query{Span: pocket.Span{From: at(t, test.from), To: at(t, test.to)}, Zone: zone(t, test.zone), Period: Day})
			require.NoError(t, err)
			assert.Equal(t, at(t, test.wantFrom).UTC(), q.From.UTC())
			assert.Equal(t, at(t, test.wantUpTo).UTC(), q.To.UTC())
			assert.Equal(t, Day, q.Period)
		})
	}
	t.Run("the whole is compared with as long a time", func(t *testing.T) {
		moment := at(t, "2026-03-01T10:00:00Z")
		span := Before(pocket.Span{From: moment, To: moment.Add(time.Hour)}, Whole, 2, nil)
		assert.Equal(t, pocket.Span{From: moment.Add(-2 * time.Hour), To: moment}, span)
		assert.Equal(t, pocket.Span{From: moment, To: moment}, SamePart(moment, Whole, nil))
	})
	t.Run("no zone is UTC", func(t *testing.T) {
		q, err := Previous(Query{Span: pocket.Span{From: at(t, "2026-03-01T00:00:00Z"), To: at(t, "2026-04-01T00:00:00Z")}})
		require.NoError(t, err)
		assert.Equal(t, at(t, "2026-02-01T00:00:00Z"), q.From)
	})
	t.Run("nothing is before an open or a reversed range", func(t *testing.T) {
		moment := at(t, "2026-03-01T00:00:00Z")
		for _, span := range []pocket.Span{{}, {From: moment}, {To: moment}, {From: moment, To: moment.Add(-1)}} {
			_, err := Previous(Query{Span: span})
			assert.ErrorIs(t, err, pocket.ErrInvalid)
			_, err = Compare(context.Background(), NewMemory(nil, nil), Query{Span: span})
			assert.ErrorIs(t, err, pocket.ErrInvalid)
		}
	})
}

func TestCompare(t *testing.T) {
	source := NewMemory([]pocket.Event{
		earned(t, "2026-11-20T10:00:00Z", node1, 100), earned(t, "2026-11-20T10:00:00Z", node2, 7), earned(t, "2026-11-21T10:00:00Z", node1, 150),
		earned(t, "2026-11-21T10:00:00Z", address(9), 5),
	}, nil)
	q := Query{Span: pocket.Span{From: at(t, "2026-11-21T00:00:00Z"), To: at(t, "2026-11-22T00:00:00Z")}, Period: Hour, By: []Dimension{BySupplier}}
	grown, err := Compare(context.Background(), source, q)
	require.NoError(t, err)
	got := map[pocket.Address][2]pocket.Upokt{}
	for _, g := range grown {
		got[g.Supplier] = [2]pocket.Upokt{g.Now.Gross, g.Before.Gross}
	}
	assert.Equal(t, map[pocket.Address][2]pocket.Upokt{node1: {150, 100}, node2: {0, 7}, address(9): {5, 0}}, got)

	for n := range 2 {
		_, err = Compare(context.Background(), &failing{Memory: source, after: n}, q)
		assert.ErrorIs(t, err, errBroken)
	}
}

func TestChange(t *testing.T) {
	for _, test := range []struct{ now, before, want string }{
		{"150", "100", "50"}, {"0", "8", "-100"}, {"1", "3", "-66.6667"}, {"5", "0", "none"}, {"5", "-1", "none"}, {"0", "0", "none"},
	} {
		assert.Equal(t, test.want, number(Change(decimal.RequireFromString(test.now), decimal.RequireFromString(test.before))))
	}
}

func TestSums(t *testing.T) {
	t.Run("plus adds every field there is", func(t *testing.T) {
		var s Sums
		fields := reflect.ValueOf(&s).Elem()
		for i := range fields.NumField() {
			fields.Field(i).SetInt(int64(i + 1))
		}
		double, err := s.Plus(s)
		require.NoError(t, err)
		fields = reflect.ValueOf(double)
		for i := range fields.NumField() {
			assert.EqualValues(t, 2*(i+1), fields.Field(i).Int(), fields.Type().Field(i).Name)
		}
	})
	t.Run("plus tells of every field that does not fit, up or down", func(t *testing.T) {
		for i := range reflect.TypeFor[Sums]().NumField() {
			for _, edge := range []int64{1<<63 - 1, -1 << 63} {
				var s Sums
				reflect.ValueOf(&s).Elem().Field(i).SetInt(edge)
				_, err := s.Plus(s)
				assert.ErrorIs(t, err, pocket.ErrOverflow)
				_, err = s.Plus(Sums{})
				assert.NoError(t, err)
			}
		}
	})
}

func TestMemory(t *testing.T) {
	first, second, third := settled(noon, node1), settled(noon, node2), pocket.Slash{At: pocket.At{Height: 8, Time: noon.Add(time.Hour)}, Supplier: node1}
	first.Index, second.Index = 1, 2
	source := NewMemory([]pocket.Event{third, second, first}, []Stay{{Supplier: node1, From: noon}, {Supplier: node2, From: noon}})
	list := func(q pocket.EventQuery) (events []pocket.Event) {
		for event, err := range source.Events(context.Background(), q) {
			require.NoError(t, err)
			events = append(events, event)
		}
		return events
	}
	assert.Equal(t, []pocket.Event{first, second, third}, list(pocket.EventQuery{}))
	assert.Equal(t, []pocket.Event{third, second}, list(pocket.EventQuery{Newest: true, Limit: 2}))
	assert.Equal(t, []pocket.Event{third}, list(pocket.EventQuery{Kinds: []pocket.Kind{pocket.KindSlash}}))
	assert.Equal(t, []pocket.Event{second}, list(pocket.EventQuery{Filter: pocket.Filter{Suppliers: []pocket.Address{node2}}}))

	stays, err := source.Stays(context.Background(), []pocket.Address{node2})
	require.NoError(t, err)
	assert.Equal(t, []Stay{{Supplier: node2, From: noon}}, stays)
	for _, err := range source.Events(context.Background(), pocket.EventQuery{Limit: -1}) {
		assert.ErrorIs(t, err, pocket.ErrInvalid)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for event, err := range source.Events(ctx, pocket.EventQuery{}) {
		assert.Nil(t, event)
		assert.ErrorIs(t, err, context.Canceled)
	}
	_, err = source.Sums(context.Background(), Query{Period: "year"})
	assert.ErrorIs(t, err, pocket.ErrInvalid)
}
