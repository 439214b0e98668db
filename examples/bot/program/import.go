package program

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/poktbot/poktbot/examples/bot"
)

// importOriginal turns a configuration of the original into one of ours.
func (p *program) importOriginal() int {
	text, err := os.ReadFile(p.options.imports)
	if err != nil {
		p.tell(fmt.Errorf("import: %w", err))
		return exitArguments
	}
	made, err := bot.ImportOriginal(p.options.imports, text)
	if err != nil {
		p.tell(fmt.Errorf("import: %w", err))
		return exitArguments
	}
	if err := made.Write(p.options.out); err != nil {
		p.tell(fmt.Errorf("import: %w", err))
		return exitFailed
	}
	fmt.Fprintf(p.out, "%s is written", p.options.out)
	if !made.Token.IsZero() {
		fmt.Fprintf(p.out, ", and the token to %s", filepath.Join(filepath.Dir(p.options.out), bot.TokenName))
	}
	fmt.Fprint(p.out, ". Put your full nodes into chain.rpc, chain.rest and morse.rpc.\n")
	for _, note := range made.Notes {
		fmt.Fprintln(p.out, "no counterpart: "+note)
	}
	return 0
}
