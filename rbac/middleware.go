package rbac

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

type subjectKey struct{}

// FromContext returns the subject that [Middleware] let through; false when there is none.
func FromContext(ctx context.Context) (Subject, bool) {
	s, ok := ctx.Value(subjectKey{}).(Subject)
	return s, ok
}

// Middleware lets requests through to a handler of those who have the permission. Identify says whose a request is: [ErrNoKey], or "", is answered
// with 401; who may not gets 403; when it cannot be found out, 503. Bodies are JSON: {"error": "…"}.
func Middleware(a *Authority, identify func(*http.Request) (Subject, error), p Permission) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s, err := identify(r)
			if errors.Is(err, ErrNoKey) || err == nil && s == "" {
				w.Header().Set("WWW-Authenticate", "Bearer")
				refuse(w, http.StatusUnauthorized, ErrNoKey.Error())
				return
			}
			if err == nil {
				err = a.May(r.Context(), s, p)
			}
			switch {
			case errors.Is(err, ErrDenied):
				refuse(w, http.StatusForbidden, err.Error())
			case err != nil:
				a.log.Error("a request cannot be judged", "error", err)
				refuse(w, http.StatusServiceUnavailable, "it cannot be found out now who you are: try again later")
			default:
				next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), subjectKey{}, s)))
			}
		})
	}
}

func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text}) // who does not listen is not refused less
}
