package alert

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/pocket"
)

// An Audience is whom a text is for.
type Audience string

// The audiences.
const (
	Sysadmin Audience = "sysadmin" // what to do about it
	Investor Audience = "investor" // what it costs
)

// Options say how events are told. The zero value tells sysadmins, in UTC.
type Options struct {
	Audience Audience // "" is Sysadmin
	Zone     *time.Location
	// TimeLayout is how moments are written, as for [time.Time.Format]; "" is 2006-01-02 15:04.
	TimeLayout string
	// Names are users' own words for subjects: addresses, hosts.
	Names map[string]string
	// Templates replace the texts of this package: {{define}}s in the syntax of text/template. For an alert named tls.expiring,
	// "tls.expiring" is its headline, "tls.expiring sysadmin" and "tls.expiring investor" are the lines below it. They are given an [About].
	Templates string
	// Worth says what an amount was worth at a moment, such as "1.23 EUR", or "" when that is not known. It stands beside what was lost,
	// claimed and paid. It must answer at once, for alerts wait for it. Nil says nothing.
	Worth func(u pocket.Upokt, at time.Time) string
	Plain bool // leave out the symbols that tell severities apart at a glance
}

//go:embed templates/*.tmpl
var defaults embed.FS

// Texts tell events to one audience. They are safe for concurrent use.
type Texts struct {
	options Options
	tree    *template.Template
}

// New returns the texts that o asks for. An error says where a template is wrong: each is tried once.
func New(o Options) (*Texts, error) {
	switch o.Audience {
	case "":
		o.Audience = Sysadmin
	case Sysadmin, Investor:
	default:
		return nil, fmt.Errorf("audience %q: want %s or %s", o.Audience, Sysadmin, Investor)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.TimeLayout == "" {
		o.TimeLayout = "2006-01-02 15:04"
	}
	tree, err := template.New("alerts").Funcs(template.FuncMap{"plural": plural}).ParseFS(defaults, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	if tree, err = tree.Parse(o.Templates); err != nil {
		return nil, fmt.Errorf("templates of alerts: %s", strings.TrimPrefix(err.Error(), "template: "))
	}
	t := &Texts{options: o, tree: tree}
	return t, t.try()
}

// try runs every template once with nothing known, so that one which cannot run is found at the start and not when a node is down.
func (t *Texts) try() error {
	for _, one := range t.tree.Templates() {
		if err := one.Execute(discard{}, t.about(monitor.Event{})); err != nil {
			return fmt.Errorf("template of alert %s: %w", one.Name(), err)
		}
	}
	return nil
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// plural says n of a thing for a fact's text: plural "3" "block" "blocks" is "3 blocks".
func plural(n, one, many string) string {
	if n == "1" {
		return n + " " + one
	}
	return n + " " + many
}
