package monitor

import "time"

// Grouping says how alerts that come in numbers are told. The first of a kind are told at once. When more than After messages about one
// name and severity were sent within Wait, a storm is under way: what follows waits until Wait has passed since the last of them, and is
// told in one message that lists it all. What happens at the same moment is always told together.
type Grouping struct {
	Wait  time.Duration // 0 is 30 seconds, negative never groups what comes one after the other
	After int           // 0 is 3
	Most  int           // events in a message; 0 is 500
}

func (g Grouping) withDefaults() Grouping {
	if g.Wait == 0 {
		g.Wait = 30 * time.Second
	}
	if g.After == 0 {
		g.After = 3
	}
	if g.Most == 0 {
		g.Most = 500
	}
	return g
}

// A sort is what messages are grouped by.
type sort struct {
	name     Name
	severity Severity
	kind     EventKind
}

// A pace knows what was sent to a destination lately, and so what may be sent now.
type pace struct {
	grouping  Grouping
	perMinute int
	sent      map[sort][]time.Time
	tokens    float64 // messages that may be sent at once
	counted   time.Time
}

func newPace(g Grouping, perMinute int) pace {
	return pace{grouping: g.withDefaults(), perMinute: perMinute, sent: map[sort][]time.Time{}, tokens: float64(perMinute)}
}

// reserved is the part of a minute's messages that only the most urgent may use.
const reserved = 0.25

// fill counts what has become possible meanwhile.
func (p *pace) fill(now time.Time) {
	if !p.counted.IsZero() && now.After(p.counted) {
		p.tokens = min(float64(p.perMinute), p.tokens+now.Sub(p.counted).Minutes()*float64(p.perMinute))
	}
	p.counted = now
}

// floor is how many messages must be left after one of this urgency.
func (p *pace) floor(u urgency) float64 {
	if u == urgent {
		return 0
	}
	return reserved * float64(p.perMinute)
}

// wait returns how long the number of messages a minute makes one wait.
func (p *pace) wait(u urgency) time.Duration {
	if p.perMinute < 0 {
		return 0
	}
	missing := 1 + min(p.floor(u), float64(p.perMinute)-1) - p.tokens
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing/float64(p.perMinute)*float64(time.Minute)) + time.Millisecond
}

// scarce reports whether so many messages are more than may be sent now.
func (p *pace) scarce(u urgency, messages int) bool {
	return p.perMinute >= 0 && float64(messages) > p.tokens-p.floor(u)
}

// storm returns how long a message of a sort waits because a storm is under way.
func (p *pace) storm(s sort, now time.Time) time.Duration {
	var lately []time.Time
	for _, t := range p.sent[s] {
		if now.Sub(t) < p.grouping.Wait {
			lately = append(lately, t)
		}
	}
	if len(lately) == 0 {
		delete(p.sent, s)
		return 0
	}
	p.sent[s] = lately
	if len(lately) < p.grouping.After {
		return 0
	}
	return p.grouping.Wait - now.Sub(lately[len(lately)-1])
}

// used notes a message.
func (p *pace) used(sorts []sort, now time.Time) {
	p.tokens--
	for _, s := range sorts {
		p.sent[s] = append(p.sent[s], now)
	}
}
