package poktscan

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/poktbot/poktbot/pocket"
)

// A scope says whose rows are read. The zero scope is everybody's.
type scope struct {
	// claims are the conditions of settled claims, of which one must hold: nil is all of them.
	claims []map[string]any
	// recipients chooses claims by whom they paid, beside those of claims: or with onlyPaid, of those of claims only them.
	recipients []pocket.Address
	onlyPaid   bool

	// subjects are the conditions of other rows, by column; noSubjects leaves those rows out.
	subjects   subjects
	noSubjects bool
}

// subjects are whom a row may concern. An empty list lets all through.
type subjects struct {
	suppliers    []pocket.Address
	owners       []pocket.Address // of rows that tell one: stake messages
	applications []pocket.Address
	services     []pocket.ServiceID
}

// about returns the scopes of addresses as suppliers, owners or recipients, as of a tip: several when they are too many to be named at once.
// The same row may be in two of them.
func (c *Client) about(ctx context.Context, addresses []pocket.Address, tip pocket.Height) ([]scope, error) {
	if len(addresses) == 0 {
		return []scope{{}}, nil
	}
	owned, err := c.operators(ctx, addresses, tip)
	if err != nil {
		return nil, err
	}
	suppliers := unique(append(slices.Clone(addresses), owned...))
	owners := unique(slices.Clone(addresses))
	var scopes []scope
	for len(suppliers) > 0 || len(owners) > 0 {
		s := suppliers[:min(len(suppliers), addressesAtOnce)]
		o := owners[:min(len(owners), addressesAtOnce)]
		suppliers, owners = suppliers[len(s):], owners[len(o):]
		part := scope{recipients: o, subjects: subjects{suppliers: s}, noSubjects: len(s) == 0}
		if len(s) > 0 {
			part.claims = append(part.claims, map[string]any{"supplierId": in(s)})
		}
		if len(o) > 0 {
			part.claims = append(part.claims, map[string]any{"supplierOwnerId": in(o)})
		}
		scopes = append(scopes, part)
	}
	return scopes, nil
}

func unique(list []pocket.Address) []pocket.Address {
	slices.SortFunc(list, pocket.Address.Compare)
	return slices.Compact(list)
}

// scopesOf returns the scopes of a filter: they hold all that it lets through, and may hold more. ofOwners are the suppliers of the filter's
// owners where that is known: it finds events that do not tell the owner.
func scopesOf(f pocket.Filter, ofOwners []pocket.Address) []scope {
	paid := scope{
		recipients: f.Recipients, onlyPaid: len(f.Recipients) > 0, noSubjects: len(f.Recipients) > 0,
		subjects: subjects{applications: f.Applications, services: f.Services},
	}
	condition := map[string]any{}
	if len(f.Applications) > 0 {
		condition["applicationId"] = in(f.Applications)
	}
	if len(f.Services) > 0 {
		condition["serviceId"] = map[string]any{"in": f.Services}
	}
	// with returns the scope of those for whom a column of claims is one of addresses, too.
	with := func(column string, addresses []pocket.Address) scope {
		part := paid
		if column != "" {
			both := maps.Clone(condition)
			both[column] = in(addresses)
			part.claims = []map[string]any{both}
		} else if len(condition) > 0 {
			part.claims = []map[string]any{condition}
		}
		return part
	}
	var scopes []scope
	switch {
	case len(f.Suppliers) > 0:
		for s := range slices.Chunk(unique(slices.Clone(f.Suppliers)), addressesAtOnce) {
			part := with("supplierId", s)
			part.subjects.suppliers = s
			if len(ofOwners) == 0 {
				part.subjects.owners = f.Owners
			}
			scopes = append(scopes, part)
		}
	case len(f.Owners) > 0:
		part := with("supplierOwnerId", f.Owners)
		part.subjects.owners = f.Owners
		scopes = append(scopes, part)
		for s := range slices.Chunk(unique(slices.Clone(ofOwners)), addressesAtOnce) {
			part := with("supplierId", s)
			part.subjects.suppliers = s
			scopes = append(scopes, part)
		}
	default:
		scopes = append(scopes, with("", nil))
	}
	return scopes
}

// filter returns the condition of rows of one table, which knows these columns: what a scope asks for and a table does not have is no
// row's. ok is false then.
func (s *scope) filter(t table) (filter map[string]any, ok bool) {
	if s.noSubjects {
		return nil, false
	}
	filter = map[string]any{}
	for _, part := range []struct {
		column string
		wanted bool
		value  any
	}{
		{t.supplier, len(s.subjects.suppliers) > 0, oneOf(t, s.subjects.suppliers)},
		{t.owner, len(s.subjects.owners) > 0, oneOf(t, s.subjects.owners)},
		{t.application, len(s.subjects.applications) > 0, oneOf(t, s.subjects.applications)},
		{t.service, len(s.subjects.services) > 0, oneOf(t, words(s.subjects.services))},
	} {
		if !part.wanted {
			continue
		}
		if part.column == "" {
			return nil, false
		}
		filter[part.column] = part.value
	}
	return filter, true
}

// A table is a list of events of one kind, and the columns that tell whom they concern: "" where none does.
type table struct {
	kind                                  pocket.Kind
	query                                 query
	supplier, owner, application, service string
	quoted                                bool // texts were stored in quotation marks by some versions of the indexer
	fetch                                 fetcher
}

// A fetcher reads the rows of a table that a filter chooses.
type fetcher func(ctx context.Context, c *Client, q query, filter map[string]any, n need) ([]row, error)

// A word is a service's id.
type word string

func (w word) String() string { return string(w) }

func words(list []pocket.ServiceID) []word {
	made := make([]word, len(list))
	for i, id := range list {
		made[i] = word(id)
	}
	return made
}

// oneOf is the condition that a column of t is one of a list.
func oneOf[T fmt.Stringer](t table, list []T) map[string]any {
	texts := make([]string, 0, 2*len(list))
	for _, one := range list {
		texts = append(texts, one.String())
		if t.quoted {
			texts = append(texts, `"`+one.String()+`"`)
		}
	}
	return map[string]any{"in": texts}
}

// fetch reads all rows that filter chooses.
func fetch[N any, P node[N]](convert func(*Client) func(*N) (row, error)) fetcher {
	return func(ctx context.Context, c *Client, q query, filter map[string]any, n need) ([]row, error) {
		var found []row
		for r, err := range rows[N, row, P](ctx, c, q, map[string]any{"filter": filter}, n, convert(c)) {
			if err != nil {
				return nil, err
			}
			found = append(found, r)
		}
		return found, nil
	}
}

// tables are the lists of all events but settlements, which come in two.
var tables = []table{
	{
		kind: pocket.KindClaimExpiry, query: expiredQuery, supplier: "supplierId", application: "applicationId", service: "serviceId",
		fetch: fetch(func(c *Client) func(*wireWork) (row, error) { return c.expiry }),
	}, {
		kind: pocket.KindSlash, query: slashedQuery, supplier: "supplierId", application: "applicationId", service: "serviceId",
		fetch: fetch(func(c *Client) func(*wireSlash) (row, error) { return c.slash }),
	}, {
		kind: pocket.KindOverservicing, query: overservicedQuery, supplier: "supplierId", application: "applicationId", service: "serviceId",
		fetch: fetch(func(c *Client) func(*wireOverservicing) (row, error) { return c.overservicing }),
	}, {
		kind: pocket.KindSupplierStake, query: stakedQuery, supplier: "supplierId", owner: "ownerId",
		fetch: fetch(func(c *Client) func(*wireStake) (row, error) { return c.stake }),
	}, {
		kind: pocket.KindUnbondingBegin, query: unbondingBeganQuery, supplier: "supplierId",
		fetch: fetch(func(c *Client) func(*wireUnbonding) (row, error) { return c.unbonding(pocket.UnbondingBegan) }),
	}, {
		kind: pocket.KindUnbondingEnd, query: unbondingEndedQuery, supplier: "supplierId",
		fetch: fetch(func(c *Client) func(*wireUnbonding) (row, error) { return c.unbonding(pocket.UnbondingEnded) }),
	}, {
		kind: pocket.KindClaimCreation, query: claimedQuery, supplier: "supplierId", application: "applicationId", service: "serviceId",
		fetch: fetch(func(c *Client) func(*wireWork) (row, error) { return c.creation }),
	}, {
		kind: pocket.KindProofSubmission, query: provenQuery, supplier: "supplierId", application: "applicationId", service: "serviceId",
		fetch: fetch(func(c *Client) func(*wireWork) (row, error) { return c.submission }),
	}, {
		kind: pocket.KindProofCheck, query: checkedQuery, supplier: "supplierId", application: "applicationId", service: "serviceId", quoted: true,
		fetch: fetch(func(c *Client) func(*wireWork) (row, error) { return c.check }),
	},
}
