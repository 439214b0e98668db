package check

import (
	"context"

	"github.com/poktbot/poktbot/pocket"
)

// A ParamsSource has the protocol's parameters: *shannon.Client is one.
type ParamsSource interface {
	// Params returns the parameters in force now.
	Params(context.Context) (pocket.Params, error)
	// SharedParams returns those of the shared module in force at a height, which may lie ahead.
	SharedParams(context.Context, pocket.Height) (pocket.SharedParams, error)
}

// A protocol keeps the parameters. They are read once a session, as no event tells of a change.
type protocol struct {
	source ParamsSource

	params  pocket.Params
	known   bool
	session pocket.Session // in which they were read

	ends map[pocket.Height]pocket.SharedParams // by a session's end
}

// now returns the parameters in force at h. When they cannot be read anew they are those read last.
func (p *protocol) now(ctx context.Context, h pocket.Height) (pocket.Params, error) {
	if p.known && p.session.Start <= h && h <= p.session.End {
		return p.params, nil
	}
	params, err := p.source.Params(ctx)
	if err != nil {
		if p.known && ctx.Err() == nil {
			return p.params, nil
		}
		return pocket.Params{}, err
	}
	p.params, p.known, p.session = params, true, params.Shared.Session(h)
	return params, nil
}

// sharedAt returns the shared parameters in force at a session's end, which decide about its windows.
func (p *protocol) sharedAt(ctx context.Context, end pocket.Height) (pocket.SharedParams, error) {
	if known, ok := p.ends[end]; ok {
		return known, nil
	}
	shared, err := p.source.SharedParams(ctx, end)
	if err != nil {
		return shared, err
	}
	if p.ends == nil {
		p.ends = map[pocket.Height]pocket.SharedParams{}
	}
	for known := range p.ends {
		if len(p.ends) >= endsKept && known < end {
			delete(p.ends, known)
		}
	}
	p.ends[end] = shared
	return shared, nil
}

// endsKept is of how many session ends the parameters are remembered, at least.
const endsKept = 64
