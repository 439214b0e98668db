package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/examples/bot"
	"github.com/poktbot/poktbot/examples/telegram/telegramtest"
)

// certificate writes a certificate for 127.0.0.1 and its key, and returns who trusts it.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(certFile, cert, 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	pool = x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(cert))
	return certFile, keyFile, pool
}

func TestTheWebhookSpeaksTLSItselfWhereItHasACertificate(t *testing.T) {
	server, e := telegramtest.New(token), newEcho()
	web := httptest.NewServer(server)
	defer web.Close()
	ana := server.Person(7, "Ana")
	ana.Type("/help sealed")
	c := bot.Telegram{Token: bot.NewSecret(token), Mode: bot.TelegramWebhook, APIURL: web.URL, WebhookURL: "https://bot.example", Listen: "127.0.0.1:0"}
	var pool *x509.CertPool
	c.TLSCert, c.TLSKey, pool = certificate(t)
	d := &diary{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- serveWith(ctx, e, c, d.log(), &http.Transport{}) }()

	late, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.True(t, server.Await(late, func() bool { hook, _ := server.Hook(); return hook != "" }))
	hook, secret := server.Hook()
	u, err := url.Parse(hook)
	require.NoError(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(late, http.MethodPost, "https://"+listening.FindStringSubmatch(d.String())[1]+u.Path, strings.NewReader(string(server.Updates()[0])))
	require.NoError(t, err)
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	_ = response.Body.Close()
	assert.Equal(t, 200, response.StatusCode)
	require.True(t, server.Await(late, func() bool { return len(ana.Messages()) > 0 }))
	stop()
	require.NoError(t, <-ended)
	assert.Equal(t, []string{"you said /help sealed"}, texts(ana.Chat))
}
