package chat

import "context"

func (e *Engine) pressAlert(ctx context.Context, u Update, m *menu, n int) error {
	b, ok := m.button(n)
	if !ok {
		return e.notice(ctx, u, wordOld)
	}
	return e.run(ctx, u, b.Line)
}
