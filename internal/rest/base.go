package rest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// ParseBase reads the URL of a server, such as "https://node.example/prefix?key=secret". Its path comes before the path of every call and
// its query is sent with every call. The error says what is wrong, and shows no more of the text than its host.
func ParseBase(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, fmt.Errorf("URL is empty: want one such as https://node.example: %w", pocket.ErrInvalid)
	}
	u, err := url.Parse(text)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) { // its text repeats the URL, which may hold a key
			err = parse.Err
		}
		if !strings.Contains(text, "://") {
			return nil, fmt.Errorf("URL has no scheme: want http:// or https:// in front: %w", pocket.ErrInvalid)
		}
		return nil, fmt.Errorf("URL cannot be read: %s: %w", withoutQuoted(err.Error()), pocket.ErrInvalid)
	}
	switch {
	case u.Scheme == "" || u.Opaque != "" || !strings.Contains(text, "://"):
		return nil, fmt.Errorf("URL has no scheme: want http:// or https:// in front: %w", pocket.ErrInvalid)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("URL of host %q has the scheme %q: want http or https: %w", u.Host, u.Scheme, pocket.ErrInvalid)
	case u.Hostname() == "":
		return nil, fmt.Errorf("URL has no host: want one such as https://node.example: %w", pocket.ErrInvalid)
	case u.Fragment != "":
		return nil, fmt.Errorf("URL of host %q has a fragment (#…), which no server sees: %w", u.Host, pocket.ErrInvalid)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// withoutQuoted drops what an error of net/url quotes, for it may be a part of a password.
func withoutQuoted(s string) string {
	before, _, _ := strings.Cut(s, `"`)
	return strings.TrimRight(before, ": ")
}

// join returns the URL of a call at base: its path and query after those of the base.
func join(base *url.URL, path, query string) *url.URL {
	u := *base
	escaped := base.EscapedPath() + path
	if plain, err := url.PathUnescape(escaped); err == nil {
		u.Path, u.RawPath = plain, escaped
	} else {
		u.Path, u.RawPath = base.Path+path, ""
	}
	switch {
	case u.RawQuery == "":
		u.RawQuery = query
	case query != "":
		u.RawQuery += "&" + query
	}
	return &u
}

// secrets returns the parts of base that may be keys, for them to be struck out of texts.
func secrets(base *url.URL) []string {
	var found []string
	keep := func(s string) {
		if len(s) >= 6 {
			found = append(found, s, url.QueryEscape(s))
		}
	}
	if base.User != nil {
		keep(base.User.Username())
		password, _ := base.User.Password()
		keep(password)
		keep(base64.StdEncoding.EncodeToString([]byte(base.User.Username() + ":" + password))) // as it is sent
	}
	for _, values := range base.Query() {
		for _, v := range values {
			keep(v)
		}
	}
	for part := range strings.SplitSeq(base.Path, "/") {
		if len(part) >= 16 { // a prefix such as "shannon" is no key
			keep(part)
		}
	}
	return found
}
