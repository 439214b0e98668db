package program

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheLogHidesSecrets(t *testing.T) {
	var out bytes.Buffer
	lines := &discreet{w: &out}
	log := newLog(lines, false)
	log.Info("before anything is known")
	lines.hide([]string{"123:hunter2", "abc", ""})
	log.Warn("asked", "url", "https://api.example/bot123:hunter2/getMe", "short", "abc")
	lines.hide([]string{"another-secret"})
	log.Error("asked", "url", "another-secret")
	log.Debug("not told unless it is asked for")
	assert.NotContains(t, out.String(), "hunter2")
	assert.NotContains(t, out.String(), "another-secret")
	assert.Equal(t, 2, strings.Count(out.String(), "REDACTED"))
	assert.Contains(t, out.String(), "short=abc", "what is too short to be secret is not looked for")
	assert.NotContains(t, out.String(), "unless")
}
