package shannon

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/poktbot/poktbot/pocket"
)

type wireSession struct {
	Header      *wireSessionHeader `json:"header"`
	ID          string             `json:"session_id"`
	Number      number             `json:"session_number"`
	Application *wireApplication   `json:"application"`
	Suppliers   []wireSupplier     `json:"suppliers"`
}

func (w wireSession) session() (pocket.SessionInfo, error) {
	if w.Header == nil || w.Application == nil {
		return pocket.SessionInfo{}, errors.New("a session without its header or application")
	}
	s := pocket.SessionInfo{
		Session: pocket.Session{Number: int64(w.Number), Start: pocket.Height(w.Header.Start), End: pocket.Height(w.Header.End)},
		ID:      w.ID, Service: w.Header.Service,
	}
	var err error
	if s.Application, err = w.Application.application(); err != nil {
		return pocket.SessionInfo{}, err
	}
	for _, supplier := range w.Suppliers {
		made, err := supplier.supplier()
		if err != nil {
			return pocket.SessionInfo{}, err
		}
		s.Suppliers = append(s.Suppliers, made)
	}
	return s, nil
}

// Session returns the session of the application and service that holds block h, or the current one when h is 0, and the suppliers that
// serve it, each with that service only. Errors: [pocket.ErrNotFound] when the application is not staked for the service,
// [pocket.ErrFutureHeight].
func (c *Client) Session(ctx context.Context, application pocket.Address, service pocket.ServiceID, h pocket.Height) (pocket.SessionInfo, error) {
	if err := needs(application, pocket.AccountAddress, "an application"); err != nil {
		return pocket.SessionInfo{}, err
	}
	if err := checkService(service); err != nil {
		return pocket.SessionInfo{}, err
	}
	if h < 0 {
		return pocket.SessionInfo{}, fmt.Errorf("session at height %d: want 1 or more, or 0 for now: %w", h, pocket.ErrInvalid)
	}
	query := url.Values{
		"application_address": {application.String()}, "service_id": {string(service)}, "block_height": {strconv.FormatInt(int64(h), 10)},
	}
	s, err := askState(ctx, c, protocol+"/session/get_session", query, func(w struct {
		Session *wireSession `json:"session"`
	}) (pocket.SessionInfo, error) {
		if w.Session == nil {
			return pocket.SessionInfo{}, errors.New("an answer without a session")
		}
		s, err := w.Session.session()
		if err == nil && (s.Application.Address != application || s.Service != service || h != 0 && (h < s.Start || h > s.End)) {
			err = errors.New("an answer with another session")
		}
		return s, err
	})
	return s, of(err, "session of", application)
}
