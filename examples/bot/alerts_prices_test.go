package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAlertsTellWhatASlashWasWorthInTheConfiguredCurrency(t *testing.T) {
	for currency, said := range map[string]string{"EUR": "was slashed by 200 POKT (", "": "was slashed by 200 POKT\n"} {
		config := DemoConfig()
		config.demoDays, config.Prices.Currency = 14, currency
		b, err := NewDemo(t.Context(), config)
		require.NoError(t, err)
		require.NoError(t, b.CatchUp(t.Context(), func(Progress) {}))
		ctx, stop := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		heard := newCrier()
		var running sync.WaitGroup
		running.Go(func() { assert.ErrorIs(t, b.Run(ctx, heard.tell), enough) })
		assert.Equal(t, currency == "EUR", strings.Contains(heard.await(t, said), " EUR)"))
		stop(enough)
		running.Wait()
		require.NoError(t, b.Close())
	}
}
