package poktscan

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"

	"github.com/poktbot/poktbot/pocket"
)

var (
	servicesQuery = load("services")
	serviceQuery  = load("service")
)

// wireService is a service of the protocol. Its difficulty is null before it was first updated.
type wireService struct {
	ID           pocket.ServiceID `json:"id"`
	Name         string           `json:"name"`
	ComputeUnits number           `json:"computeUnitsPerRelay"`
	Owner        string           `json:"ownerId"`
	RelaysEMA    *number          `json:"newNumRelaysEma"`
	Target       *string          `json:"newTargetHashHexEncoded"`
}

func (w *wireService) name() string { return string(w.ID) }

func (c *Client) serviceFrom(w *wireService) (pocket.Service, error) {
	f := fields{names: c.names}
	s := pocket.Service{ID: w.ID, Name: w.Name, ComputeUnitsPerRelay: int64(w.ComputeUnits), Owner: f.optionalAddress("ownerId", w.Owner)}
	if w.ID == "" {
		f.fail("id", errMissing)
	}
	return s, f.err
}

// difficulty returns whether the service has one.
func (w *wireService) difficulty() (pocket.Difficulty, bool, error) {
	if w.RelaysEMA == nil || w.Target == nil {
		return pocket.Difficulty{}, false, nil
	}
	target, err := hex.DecodeString(*w.Target)
	if err != nil || len(target) != 32 {
		return pocket.Difficulty{}, false, fmt.Errorf("target hash %.80q of service %.50q: want 64 hexadecimal digits", *w.Target, string(w.ID))
	}
	return pocket.Difficulty{Service: w.ID, RelaysEMA: int64(*w.RelaysEMA), TargetHash: target}, true, nil
}

// Services yields all services of the protocol, by id. An error is yielded last.
func (c *Client) Services(ctx context.Context) iter.Seq2[pocket.Service, error] {
	return rows(ctx, c, servicesQuery, nil, c.state(), c.serviceFrom)
}

// Service returns a service of the protocol; [pocket.ErrNotFound] when there is none of that id.
func (c *Client) Service(ctx context.Context, id pocket.ServiceID) (pocket.Service, error) {
	w, err := c.oneService(ctx, id)
	if err != nil {
		return pocket.Service{}, err
	}
	s, err := c.serviceFrom(w)
	if err != nil {
		return pocket.Service{}, malformed(serviceQuery, err)
	}
	return s, nil
}

func (c *Client) oneService(ctx context.Context, id pocket.ServiceID) (*wireService, error) {
	variables := map[string]any{"id": id}
	if c.height > 0 {
		variables["at"] = wireHeight(c.height)
	}
	data, _, err := ask[struct {
		header
		Service *wireService `json:"service"`
	}](ctx, c, serviceQuery, variables, c.state())
	switch {
	case err != nil:
	case data.Service == nil:
		err = pocket.ErrNotFound
	case data.Service.ID != id:
		err = malformed(serviceQuery, fmt.Errorf("asked for service %.50q, got %.50q", string(id), string(data.Service.ID)))
	default:
		return data.Service, nil
	}
	return nil, fmt.Errorf("service %.50q: %w", string(id), err)
}

// Difficulty returns the relay mining difficulty of a service, without the height of its update, which the service does not keep.
// [pocket.ErrNotFound] means that there is no such service, or that it never had an update: then the chain's default holds.
func (c *Client) Difficulty(ctx context.Context, id pocket.ServiceID) (pocket.Difficulty, error) {
	w, err := c.oneService(ctx, id)
	if err != nil {
		return pocket.Difficulty{}, err
	}
	d, known, err := w.difficulty()
	switch {
	case err != nil:
		return pocket.Difficulty{}, malformed(serviceQuery, err)
	case !known:
		return pocket.Difficulty{}, fmt.Errorf("difficulty of service %.50q: %w", string(id), pocket.ErrNotFound)
	}
	return d, nil
}

// Difficulties yields the difficulty of each service that has had an update, by id, without its height. An error is yielded last.
func (c *Client) Difficulties(ctx context.Context) iter.Seq2[pocket.Difficulty, error] {
	return func(yield func(pocket.Difficulty, error) bool) {
		var none pocket.Difficulty
		list := rows(ctx, c, servicesQuery, nil, c.state(), func(w *wireService) (*wireService, error) {
			if w.ID == "" {
				return nil, errors.New("a service without its id")
			}
			return w, nil
		})
		for w, err := range list {
			if err != nil {
				yield(none, err)
				return
			}
			d, known, err := w.difficulty()
			if err != nil {
				yield(none, malformed(servicesQuery, err))
				return
			}
			if known && !yield(d, nil) {
				return
			}
		}
	}
}
