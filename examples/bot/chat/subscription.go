package chat

import (
	"context"
	"time"

	"github.com/poktbot/poktbot/report/alert"
)

// A subscription is what a chat wants to be told.
type subscription struct {
	Chat, Subject          string
	Audience               alert.Audience
	Manages                bool
	Daily, Weekly, Monthly bool
	Hour                   int
	Zone                   *time.Location
	TimeLayout             string
}

func (e *Engine) subscriptions(ctx context.Context) ([]subscription, error) { return nil, nil }
