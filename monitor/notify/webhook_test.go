package notify

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
)

func TestAWebhookPostsASignedBodyThatItsReceiverCanCheckAndDecode(t *testing.T) {
	var body WebhookBody
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "/hook", r.URL.Path)
		assert.Equal(t, "key=secret", r.URL.RawQuery)
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Equal(t, "m-17", r.Header.Get("Idempotency-Key"))
		assert.NoError(t, Verify("shared", r.Header.Get(SignatureHeader), raw, time.Now(), time.Hour))
		assert.NoError(t, json.Unmarshal(raw, &body))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	hook, err := NewWebhook(server.URL+"/hook?key=secret", Bare, WithSecret("shared"))
	require.NoError(t, err)
	m := message()
	m.Late, m.Attempt = 14*time.Minute, 3
	require.NoError(t, hook.Notify(t.Context(), m))
	assert.Equal(t, WebhookBody{
		Version: 1, ID: "m-17", Destination: "ops", Sequence: 17, Created: t0, LateSeconds: 840, Attempt: 3,
		Title: "fired: supplier.slashed pokt1abc eth (critical)", Text: "fired: supplier.slashed pokt1abc eth (critical)", Events: m.Events,
	}, body)
}

func TestAWebhookSaysByItsAnswerHowToGoOn(t *testing.T) {
	tests := []struct {
		status     int
		retryAfter string
		refused    bool
		wait       time.Duration
	}{
		{http.StatusInternalServerError, "", false, 0},
		{http.StatusBadGateway, "", false, 0},
		{http.StatusTooManyRequests, "7", false, 7 * time.Second},
		{http.StatusServiceUnavailable, "-3", false, 0},
		{http.StatusUnauthorized, "", false, 0}, // whoever runs it may put it right
		{http.StatusNotFound, "", false, 0},
		{http.StatusFound, "", false, 0}, // not followed
		{http.StatusBadRequest, "", true, 0},
		{http.StatusGone, "", false, 0},
		{http.StatusRequestEntityTooLarge, "", true, 0},
	}
	for _, test := range tests {
		t.Run(http.StatusText(test.status), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.NotEqual(t, "/elsewhere", r.URL.Path)
				w.Header().Set("Retry-After", test.retryAfter)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, "no\x1b[2J"+strings.Repeat("x", 1000))
			}))
			defer server.Close()
			err := must(NewWebhook(server.URL+"/key-in-path", Bare)).Notify(t.Context(), message())
			e, ok := errors.AsType[*monitor.DeliveryError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, test.refused, e.Refused)
			assert.Equal(t, test.status == http.StatusGone, e.Permanent, "only who is gone takes nothing any more")
			assert.Equal(t, test.wait, e.RetryAfter)
			assert.NotContains(t, err.Error(), "key-in-path")
			assert.NotContains(t, err.Error(), "\x1b")
			assert.Less(t, len(err.Error()), 400)
		})
	}
}

func TestADateInRetryAfterIsATimeFromNow(t *testing.T) {
	h := http.Header{"Retry-After": {t0.Add(90 * time.Second).Format(http.TimeFormat)}}
	assert.Equal(t, 90*time.Second, retryAfter(h, t0))
	assert.Zero(t, retryAfter(h, t0.Add(time.Hour)))
}

func TestAWebhookThatCannotBeReachedShowsItsHostAlone(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	err := must(NewWebhook(server.URL+"/services/T0/secret-token", Bare)).Notify(t.Context(), message())
	e, ok := errors.AsType[*monitor.DeliveryError](err)
	require.True(t, ok, "%v", err)
	assert.False(t, e.Permanent)
	assert.NotContains(t, err.Error(), "secret-token")
	assert.ErrorContains(t, err, strings.TrimPrefix(server.URL, "http://"))
}

func TestAWebhookNeedsAnAddressAndDoesNotRepeatAWrongOne(t *testing.T) {
	for _, target := range []string{"", "hooks.example/secret", "ftp://hooks.example/secret", "https:///secret", "http://[::1/secret", "https://h\x7f/secret"} {
		_, err := NewWebhook(target, Bare)
		require.Error(t, err, target)
		assert.NotContains(t, err.Error(), "secret")
	}
}
