package notify

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASignatureHoldsForItsBodyItsSecretAndItsTime(t *testing.T) {
	body := []byte(`{"id":"m-17"}`)
	header := Sign("secret", body, t0)
	tests := []struct {
		name           string
		secret, header string
		body           string
		now            time.Time
		ok             bool
	}{
		{"as sent", "secret", header, string(body), t0.Add(time.Minute), true},
		{"a clock that is behind", "secret", header, string(body), t0.Add(-time.Minute), true},
		{"one of two signatures", "secret", header + ",v1=00ff", string(body), t0, true},
		{"with spaces", "secret", strings.ReplaceAll(header, ",", ", "), string(body), t0, true},
		{"another secret", "other", header, string(body), t0, false},
		{"another body", "secret", header, `{"id":"m-18"}`, t0, false},
		{"sent again later", "secret", header, string(body), t0.Add(time.Hour), false},
		{"another time", "secret", strings.Replace(header, "t=1", "t=2", 1), string(body), t0, false},
		{"no signature", "secret", "t=1795489800", string(body), t0, false},
		{"no time", "secret", header[strings.Index(header, ",")+1:], string(body), t0, false},
		{"empty", "secret", "", string(body), t0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Verify(test.secret, test.header, []byte(test.body), test.now, 5*time.Minute)
			if test.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrSignature)
		})
	}
}

func TestASignatureIsWhatOthersComputeOfTheSameParts(t *testing.T) {
	// printf '1795489800.{"id":"m-17"}' | openssl dgst -sha256 -hmac secret
	assert.Equal(t, "t=1795489800,v1=ed5b13ab2ff1fcc6496b595af0bb553e553b4f002715ee4d0631971aadd49eef",
		Sign("secret", []byte(`{"id":"m-17"}`), t0))
}

func FuzzVerify(f *testing.F) {
	body := []byte("body")
	header := Sign("secret", body, t0)
	f.Add(header)
	f.Add("t=1,v1=")
	right := header[strings.Index(header, "v1=")+len("v1="):]
	f.Fuzz(func(t *testing.T, text string) {
		if Verify("secret", text, body, t0, time.Hour) == nil {
			assert.Contains(t, strings.ToLower(text), right, "whatever else it holds, one signature is the right one")
		}
	})
}
