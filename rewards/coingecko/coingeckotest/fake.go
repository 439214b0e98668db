package coingeckotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Fake answers like CoinGecko's API, with simulated prices. Set its fields before use; the zero value is the public API, without limits of calls. It is
// safe for concurrent use.
type Fake struct {
	Now            func() time.Time // nil is time.Now
	Coin           string           // "" is pocket-network
	Pro            bool             // it is the root of paid plans: any history, and only with ProKey
	DemoKey        string           // the key it knows, if any; it may be left out
	ProKey         string
	KeyNeeded      bool // without a key it answers nobody
	CallsPerMinute int  // 0 is any number
	RetryAfter     int  // seconds it asks for when there were too many; 0 does not say

	mu     sync.Mutex
	calls  []*url.URL
	recent []time.Time
	faults []http.HandlerFunc
}

// Fail lets the next call that no other fault is for be answered by f.
func (f *Fake) Fail(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, answer)
}

// Calls returns what was asked for so far.
func (f *Fake) Calls() []*url.URL {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// RoundTrip answers a request without a network.
func (f *Fake) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	f.ServeHTTP(recorder, request)
	return recorder.Result(), nil
}

// ServeHTTP answers a call.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, busy := f.note(r)
	switch {
	case fault != nil:
		fault(w, r)
	case busy:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		refuse(w, http.StatusTooManyRequests, 429, "You've exceeded the Rate Limit.")
	case !f.admit(w, r):
	default:
		f.route(w, r)
	}
}

// note counts a call, and returns what is to go wrong with it.
func (f *Fake) note(r *http.Request) (fault http.HandlerFunc, busy bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, r.URL)
	now := clock(f.Now)
	f.recent = slices.DeleteFunc(f.recent, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	f.recent = append(f.recent, now) // failed calls count, too
	if len(f.faults) > 0 {
		fault, f.faults = f.faults[0], f.faults[1:]
	}
	return fault, f.CallsPerMinute > 0 && len(f.recent) > f.CallsPerMinute
}

// admit checks the key.
func (f *Fake) admit(w http.ResponseWriter, r *http.Request) bool {
	demo, pro := r.Header.Get("x-cg-demo-api-key"), r.Header.Get("x-cg-pro-api-key")
	switch {
	case f.Pro && demo != "":
		refuseFlat(w, 10011, "If you are using Demo API key, please change your root URL from pro-api.coingecko.com to api.coingecko.com")
	case !f.Pro && pro != "":
		refuseFlat(w, 10010, "If you are using Pro API key, please change your root URL from api.coingecko.com to pro-api.coingecko.com")
	case demo != "" && demo != f.DemoKey, pro != "" && pro != f.ProKey, demo+pro == "" && (f.Pro || f.KeyNeeded):
		refuse(w, http.StatusUnauthorized, 10002, "API Key Missing")
	default:
		return true
	}
	return false
}

func (f *Fake) route(w http.ResponseWriter, r *http.Request) {
	coin := f.Coin
	if coin == "" {
		coin = "pocket-network"
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v3"); path {
	case "/simple/supported_vs_currencies":
		codes := Currencies()
		for i := range codes {
			codes[i] = strings.ToLower(codes[i])
		}
		reply(w, http.StatusOK, codes)
	case "/simple/price":
		f.latest(w, r.URL.Query(), coin)
	case "/coins/" + coin + "/market_chart/range":
		f.chart(w, r.URL.Query())
	default:
		if strings.HasPrefix(path, "/coins/") {
			reply(w, http.StatusNotFound, map[string]string{"error": "coin not found"})
			return
		}
		refuse(w, http.StatusUnauthorized, 10005, "This request is limited to PRO API subscribers.")
	}
}

func (f *Fake) latest(w http.ResponseWriter, query url.Values, coin string) {
	now, answer := clock(f.Now), map[string]map[string]json.Number{}
	if query.Get("ids") == coin {
		fields := map[string]json.Number{"last_updated_at": json.Number(strconv.FormatInt(now.Unix(), 10))}
		if price, known := PriceAt(query.Get("vs_currencies"), now); known {
			fields[query.Get("vs_currencies")] = json.Number(price.String())
		}
		answer[coin] = fields
	}
	reply(w, http.StatusOK, answer)
}

// chart answers with prices whose distance goes by the length of the span, as CoinGecko's does.
func (f *Fake) chart(w http.ResponseWriter, query url.Values) {
	now := clock(f.Now)
	from, err := strconv.ParseInt(query.Get("from"), 10, 64)
	to, err2 := strconv.ParseInt(query.Get("to"), 10, 64)
	currency := query.Get("vs_currency")
	begin, end := time.Unix(from, 0), time.Unix(to, 0)
	switch _, known := PriceAt(currency, now); {
	case err != nil || err2 != nil || end.Before(begin):
		reply(w, http.StatusUnprocessableEntity, map[string]string{"error": "invalid date range"})
		return
	case !known:
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid vs_currency"})
		return
	case !f.Pro && now.Sub(begin) > 365*24*time.Hour:
		reply(w, http.StatusUnauthorized, map[string]any{"error": map[string]any{"status": map[string]any{
			"timestamp": now.Format(time.RFC3339Nano), "error_code": 10012,
			"error_message": "Your request exceeds the allowed time range. Public API users are limited to querying historical data within the past 365 days.",
		}}})
		return
	}
	reply(w, http.StatusOK, map[string]any{"prices": points(currency, begin, end, now, query.Get("interval")), "market_caps": [][2]json.Number{}})
}

// points returns pairs of milliseconds and prices, the last being that of now where the span reaches it.
func points(currency string, begin, end, now time.Time, interval string) [][2]json.Number {
	step, shift := time.Hour, 0
	switch length := end.Sub(begin); {
	case interval == "daily" || length > 90*24*time.Hour && interval == "":
		step = 24 * time.Hour
	case length <= 24*time.Hour && !end.Before(now.Add(-time.Minute)) && interval == "":
		step = 5 * time.Minute
	default:
		shift = 1 // prices of hours come some seconds after the hour
	}
	list := [][2]json.Number{}
	add := func(t time.Time) {
		if !t.Before(begin) && !t.After(end) && !t.After(now) {
			price, _ := PriceAt(currency, t)
			list = append(list, [2]json.Number{json.Number(strconv.FormatInt(t.UnixMilli(), 10)), json.Number(price.String())})
		}
	}
	for t := begin.UTC().Truncate(step); !t.After(end); t = t.Add(step) {
		add(t.Add(time.Duration(int64(shift)*(noise(t.Unix())%240_000)) * time.Millisecond))
	}
	if !end.Before(now) {
		add(now.Truncate(time.Millisecond))
	}
	return list
}

func refuse(w http.ResponseWriter, status, code int, words string) {
	reply(w, status, map[string]any{"status": map[string]any{"error_code": code, "error_message": words}})
}

// refuseFlat is how CoinGecko refuses keys at the wrong root, with the code beside the status.
func refuseFlat(w http.ResponseWriter, code int, words string) {
	reply(w, http.StatusBadRequest, map[string]any{"error_code": code, "status": map[string]any{"error_message": words}})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(fmt.Sprintf("coingeckotest: %v", err)) // of its own values
	}
}
