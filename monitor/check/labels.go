package check

import "github.com/poktbot/poktbot/pocket"

// Labels are what results are muted, grouped and routed by, besides their keys. Empty ones are left out.
type Labels struct {
	Chain    string // the chain's id
	Owner    pocket.Address
	Operator pocket.Address
	Service  pocket.ServiceID
	Host     string
}

// Map returns the labels as a result carries them, nil when there are none.
func (l Labels) Map() map[string]string {
	var m map[string]string
	for _, pair := range [...][2]string{
		{"chain", l.Chain}, {"owner", l.Owner.String()}, {"operator", l.Operator.String()}, {"service", string(l.Service)}, {"host", l.Host},
	} {
		if pair[1] == "" {
			continue
		}
		if m == nil {
			m = map[string]string{}
		}
		m[pair[0]] = pair[1]
	}
	return m
}
