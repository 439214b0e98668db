package bot

import "context"

// openSources makes one of all indexes, as commands see them.
func (b *Bot) openSources(context.Context) error {
	b.index = b.store
	return nil
}
