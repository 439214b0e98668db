package bot

import "github.com/poktbot/poktbot/pocket"

// parseAmount reads an amount of POKT of the configuration; none is 0.
func parseAmount(text string) (pocket.Upokt, error) {
	if text == "" {
		return 0, nil
	}
	return pocket.ParsePOKT(text)
}
