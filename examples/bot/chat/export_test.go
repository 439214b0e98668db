package chat

// Accounts is how many accounts an engine remembers.
func Accounts(e *Engine) int {
	e.floods.mu.Lock()
	defer e.floods.mu.Unlock()
	return len(e.floods.accounts)
}
