package rbac

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/poktbot/poktbot/internal/sqlmigrate"
	"github.com/poktbot/poktbot/pocket"
)

// A Dialect is which database speaks.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// A StoreDB is where a store lives. The same database may hold what other packages store: names of tables here begin with rbac_.
type StoreDB struct {
	Write   *sql.DB // SQLite's must begin transactions with BEGIN IMMEDIATE (_txlock=immediate)
	Read    *sql.DB // may be the same as Write for PostgreSQL
	Dialect Dialect
	Explain func(error) error // says what the driver's errors mean; nil leaves them as they are
}

type sqlStore struct{ StoreDB }

//go:embed schema/*.sql
var schema embed.FS

// NewStore returns the store in db, brought to the present schema. It leaves it to the caller to close db.
func NewStore(ctx context.Context, db StoreDB) (Store, error) {
	if db.Write == nil || db.Read == nil || db.Dialect != SQLite && db.Dialect != Postgres {
		return nil, errors.New("people: want a database to write, one to read, and dialect sqlite or postgres")
	}
	dir, err := fs.Sub(schema, "schema")
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	s := &sqlStore{db}
	err = sqlmigrate.Apply(ctx, db.Write, sqlmigrate.Dialect(db.Dialect), dir, "rbac_migrations")
	if errors.Is(err, sqlmigrate.ErrNewer) {
		return nil, fmt.Errorf("%w: %w", ErrNewer, err)
	}
	if err != nil {
		return nil, s.fault(err)
	}
	return s, nil
}

// fault says what an error of the database means. What the authority itself answered stays as it is.
func (s *sqlStore) fault(err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[answered](err); ok {
		return own.error
	}
	if s.Explain != nil {
		err = s.Explain(err)
	}
	return fmt.Errorf("people: %w", err)
}

// answered is an error of who uses the store, in the midst of a transaction.
type answered struct{ error }

// Look implements [Store].
func (s *sqlStore) Look(ctx context.Context, do func(View) error) error {
	t := &sqlTx{ctx: ctx, on: s.Read}
	err := do(t)
	if err != nil && t.failed == nil {
		return err
	}
	return s.fault(err)
}

// lockKey is what changes of people wait for in PostgreSQL, one behind the other. SQLite has one writer anyway.
const lockKey = 0x72626163

// Change implements [Store].
func (s *sqlStore) Change(ctx context.Context, do func(Tx) error) error {
	return s.fault(s.change(ctx, do))
}

func (s *sqlStore) change(ctx context.Context, do func(Tx) error) error {
	var options *sql.TxOptions
	if s.Dialect == Postgres {
		// A stricter level, which a server may have as its default, would look at what was stored before the lock was waited for.
		options = &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	tx, err := s.Write.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if s.Dialect == Postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", lockKey); err != nil {
			return err
		}
	}
	t := &sqlTx{ctx: ctx, on: tx}
	if err := do(t); err != nil {
		if t.failed == nil {
			return answered{err}
		}
		return err
	}
	return tx.Commit()
}

type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

// A sqlTx is what is stored, as a transaction sees it.
type sqlTx struct {
	ctx    context.Context // of the one call of Look or Change that it lives in
	on     querier
	failed error // of the database
}

func (t *sqlTx) exec(query string, args ...any) error {
	_, err := t.on.ExecContext(t.ctx, query, args...)
	if err != nil {
		t.failed = err
	}
	return err
}

// each reads the rows of a query.
func (t *sqlTx) each(scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.on.QueryContext(t.ctx, query, args...)
	if err == nil {
		defer rows.Close()
		for err == nil && rows.Next() {
			err = scan(rows)
		}
		if err == nil {
			err = rows.Err()
		}
	}
	if err != nil {
		t.failed = err
	}
	return err
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func (t *sqlTx) assignments(where string, args ...any) (list []Assignment, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var a Assignment
		var scope string
		var at int64
		if err := rows.Scan(&a.Subject, &a.Name, &a.Role, &scope, &a.By, &at, &a.Version); err != nil {
			return err
		}
		a.At = moment(at)
		var err error
		if a.Scope, err = ParseScope(scope); err != nil {
			return fmt.Errorf("%s: %w", a.Subject, err)
		}
		list = append(list, a)
		return nil
	}, "SELECT subject, name, role, scope, giver, at, version FROM rbac_assignments"+where+" ORDER BY subject", args...)
	return list, err
}

func (t *sqlTx) Assignment(s Subject) (Assignment, error) {
	list, err := t.assignments(" WHERE subject = $1", string(s))
	if err == nil && len(list) == 0 {
		return Assignment{}, ErrUnknown
	}
	if err != nil {
		return Assignment{}, err
	}
	return list[0], nil
}

func (t *sqlTx) Assignments() ([]Assignment, error) { return t.assignments("") }

func (t *sqlTx) Links(s Subject) (list []Linked, err error) {
	where, args := "", []any{}
	if s != "" { // in words of its own, so that the key is used: this is asked with each command
		where, args = " WHERE subject = $1", []any{string(s)}
	}
	err = t.each(func(rows *sql.Rows) error {
		var l Linked
		var address string
		var at int64
		if err := rows.Scan(&l.Subject, &address, &at); err != nil {
			return err
		}
		l.At = moment(at)
		var err error
		l.Address, err = pocket.ParseAddress(address)
		list = append(list, l)
		return err
	}, "SELECT subject, address, at FROM rbac_links"+where+" ORDER BY subject, address", args...)
	return list, err
}

func (t *sqlTx) Invitations() (list []Invitation, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var i Invitation
		var scope string
		var at, expires int64
		if err := rows.Scan(&i.Hash, &i.Role, &scope, &i.By, &at, &expires, &i.Comment); err != nil {
			return err
		}
		i.At, i.Expires = moment(at), moment(expires)
		var err error
		i.Scope, err = ParseScope(scope)
		list = append(list, i)
		return err
	}, "SELECT hash, role, scope, giver, at, expires, comment FROM rbac_invitations ORDER BY at, hash")
	return list, err
}

func (t *sqlTx) Key(hash string) (s Subject, err error) {
	err = t.each(func(rows *sql.Rows) error { return rows.Scan(&s) }, "SELECT subject FROM rbac_keys WHERE hash = $1", hash)
	if err == nil && s == "" {
		err = ErrUnknown
	}
	return s, err
}

func (t *sqlTx) Records(q AuditQuery) (list []Record, err error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(text string, arg any) {
		args = append(args, arg)
		where = append(where, strings.ReplaceAll(text, "?", fmt.Sprintf("$%d", len(args))))
	}
	if q.Subject != "" {
		add("(actor = ? OR subject = ?)", string(q.Subject))
	}
	if q.Before > 0 {
		add("id < ?", q.Before)
	}
	if !q.From.IsZero() {
		add("at >= ?", q.From.UnixMicro())
	}
	if !q.To.IsZero() {
		add("at < ?", q.To.UnixMicro())
	}
	limit := ""
	if q.Limit > 0 {
		limit = fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	return t.records(strings.Join(where, " AND "), args, limit)
}

func (t *sqlTx) records(where string, args []any, limit string) (list []Record, err error) {
	query := "SELECT id, at, actor, subject, action, detail, refused FROM rbac_audit WHERE " + where + " ORDER BY id DESC" + limit
	err = t.each(func(rows *sql.Rows) error {
		var r Record
		var at int64
		if err := rows.Scan(&r.ID, &at, &r.By, &r.Subject, &r.Action, &r.Detail, &r.Refused); err != nil {
			return err
		}
		r.At = moment(at)
		list = append(list, r)
		return nil
	}, query, args...)
	return list, err
}

func (t *sqlTx) SetAssignment(a Assignment) error {
	return t.exec("INSERT INTO rbac_assignments (subject, name, role, scope, giver, at, version) VALUES ($1, $2, $3, $4, $5, $6, $7) "+
		"ON CONFLICT (subject) DO UPDATE SET name = excluded.name, role = excluded.role, scope = excluded.scope, giver = excluded.giver, "+
		"at = excluded.at, version = excluded.version",
		string(a.Subject), a.Name, string(a.Role), a.Scope.String(), string(a.By), micros(a.At), a.Version)
}

func (t *sqlTx) DropAssignment(s Subject) error {
	return t.exec("DELETE FROM rbac_assignments WHERE subject = $1", string(s))
}

func (t *sqlTx) AddLink(l Linked) error {
	return t.exec("INSERT INTO rbac_links (subject, address, at) VALUES ($1, $2, $3) ON CONFLICT (subject, address) DO UPDATE SET at = excluded.at",
		string(l.Subject), l.Address.String(), micros(l.At))
}

func (t *sqlTx) DropLink(s Subject, a pocket.Address) error {
	return t.exec("DELETE FROM rbac_links WHERE subject = $1 AND address = $2", string(s), a.String())
}

func (t *sqlTx) SetInvitation(i Invitation) error {
	return t.exec("INSERT INTO rbac_invitations (hash, role, scope, giver, at, expires, comment) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		i.Hash, string(i.Role), i.Scope.String(), string(i.By), micros(i.At), micros(i.Expires), i.Comment)
}

func (t *sqlTx) DropInvitation(hash string) error {
	return t.exec("DELETE FROM rbac_invitations WHERE hash = $1", hash)
}

func (t *sqlTx) SetKey(hash string, s Subject) error {
	return t.exec("INSERT INTO rbac_keys (hash, subject) VALUES ($1, $2)", hash, string(s))
}

func (t *sqlTx) DropKeys(s Subject) error {
	return t.exec("DELETE FROM rbac_keys WHERE subject = $1", string(s))
}

func (t *sqlTx) Append(r Record) error {
	return t.exec("INSERT INTO rbac_audit (id, at, actor, subject, action, detail, refused) "+
		"VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM rbac_audit), $1, $2, $3, $4, $5, $6)",
		micros(r.At), string(r.By), string(r.Subject), r.Action, r.Detail, r.Refused)
}

func (t *sqlTx) Rename(from, to Subject) error {
	// A letter of the name may mean any letter here, and a longer name may contain it: what is found too much stays as it is.
	found, err := t.records("actor = $1 OR subject = $1 OR detail LIKE $2", []any{string(from), "%" + string(from) + "%"}, "")
	if err != nil {
		return err
	}
	for _, r := range found {
		r, changed := r.forgotten(from, to)
		if !changed {
			continue
		}
		err := t.exec("UPDATE rbac_audit SET actor = $1, subject = $2, detail = $3 WHERE id = $4", string(r.By), string(r.Subject), r.Detail, r.ID)
		if err != nil {
			return err
		}
	}
	return nil
}
