package program

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/poktbot/poktbot/examples/bot"
)

// byShell is who invites on behalf of whoever has a shell on the machine, who owns it.
const byShell = "local:shell"

// invite prints an invitation, which is how the first person becomes known to a bot. The program may run meanwhile.
func (p *program) invite(ctx context.Context, config bot.Config) int {
	b, err := bot.New(ctx, config)
	if err != nil {
		p.tell(err)
		return exitFailed
	}
	if err := errors.Join(p.printInvitation(ctx, b, p.out, p.options.invite), b.Close()); err != nil {
		p.tell(err)
		return exitFailed
	}
	return 0
}

// printInvitation prints an invitation to a role.
func (p *program) printInvitation(ctx context.Context, b *bot.Bot, out io.Writer, role string) error {
	for part, err := range b.Answer(ctx, bot.Request{Text: "/invite " + role, From: byShell}) {
		if err != nil {
			return err
		}
		if text, ok := part.(bot.Text); ok {
			for _, line := range text.Lines {
				fmt.Fprintln(out, line)
			}
		}
	}
	return nil
}
