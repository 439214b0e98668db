package poktscan

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/poktbot/poktbot/internal/rest"
	"github.com/poktbot/poktbot/pocket"
)

var (
	// ErrStatementTimeout: the database cancelled a statement of the question because it took too long. A smaller range may do.
	// Such an error is [pocket.ErrUnavailable] too.
	ErrStatementTimeout = errors.New("the database cancelled the statement")
	// ErrNoSuchField: the service does not have a field or function that was asked for. It is an older or a newer one.
	// Such an error is [pocket.ErrInvalid] too.
	ErrNoSuchField = errors.New("the service has no such field")
)

// A QueryError is what the service has against a question: the cause of the [pocket.APIError] that a call returns then. An answer with
// status 200 may hold one beside the data of other fields.
type QueryError struct {
	Problems []Problem // at least one
}

// A Problem is one of the errors of an answer. What the service tells of its inside (stack traces, SQL) is left out.
type Problem struct {
	Message  string
	Code     string // such as GRAPHQL_VALIDATION_FAILED; "" when it gives none
	SQLState string // the database's code, such as 57014; "" when it was not the database
	Field    string // the field that is null because of it, such as "series"; "" when the whole question was refused
}

// Error tells the codes. The words are in the APIError above.
func (e *QueryError) Error() string {
	p := e.Problems[0]
	text := p.Code
	if p.SQLState != "" {
		text += " SQLSTATE " + p.SQLState
	}
	if p.Field != "" {
		text += " of field " + p.Field
	}
	if more := len(e.Problems) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return strings.TrimSpace(text)
}

// Is reports whether target is one of the sentinels that e is an example of.
func (e *QueryError) Is(target error) bool {
	switch target {
	case ErrStatementTimeout:
		return e.has(func(p Problem) bool { return p.SQLState == statementTimeout || p.Message == timeoutWords })
	case ErrNoSuchField:
		return e.has(func(p Problem) bool { return p.missing() != "" })
	default:
		return false
	}
}

func (e *QueryError) has(is func(Problem) bool) bool {
	for _, p := range e.Problems {
		if is(p) {
			return true
		}
	}
	return false
}

const (
	statementTimeout = "57014"
	timeoutWords     = "canceling statement due to statement timeout"
)

// missing returns the field of Query that the service lacks.
func (p Problem) missing() string {
	rest, ok := strings.CutPrefix(p.Message, `Cannot query field "`)
	if !ok {
		return ""
	}
	field, rest, _ := strings.Cut(rest, `"`)
	if !strings.HasPrefix(rest, ` on type "Query"`) {
		return ""
	}
	return field
}

// wireError is an error of an answer.
type wireError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code      string `json:"code"`
		Exception struct {
			Code any `json:"code"` // the database's is text, other libraries have numbers
		} `json:"exception"`
	} `json:"extensions"`
}

func (w wireError) problem() Problem {
	p := Problem{Message: cut(w.Message), Code: cut(w.Extensions.Code)}
	if code, ok := w.Extensions.Exception.Code.(string); ok && len(code) == 5 {
		p.SQLState = code
	}
	if len(w.Path) > 0 {
		p.Field = cut(fmt.Sprint(w.Path[0]))
	}
	return p
}

// cut makes a stranger's text fit for a line.
func cut(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}

// failure gives the errors of an answer their type.
func failure(a *rest.Answer, errs []wireError) *pocket.APIError {
	q := &QueryError{}
	for _, e := range errs {
		q.Problems = append(q.Problems, e.problem())
	}
	e := a.Fail(reasonOf(a.Status, q), q.Problems[0].Message)
	e.Cause = q
	return e
}

// The first two digits of the database's codes that speak of a passing state of the server: connection, transaction rolled back,
// resources, an operator, the system.
var passing = []string{"08", "40", "53", "57", "58"}

func reasonOf(status int, q *QueryError) error {
	p := q.Problems[0]
	switch {
	case status == http.StatusTooManyRequests:
		return pocket.ErrRateLimited
	case p.Code == "BAD_USER_INPUT", p.Code == "GRAPHQL_VALIDATION_FAILED", p.Code == "GRAPHQL_PARSE_FAILED":
		return pocket.ErrInvalid // also with status 500, as a batch that is too long has
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusRequestTimeout, status >= 500:
		return pocket.ErrUnavailable
	case status != http.StatusOK:
		return pocket.ErrInvalid
	case notCovered(p.Message):
		return pocket.ErrNotIndexed
	case len(p.SQLState) == 5 && isOneOf(p.SQLState[:2], passing):
		return pocket.ErrUnavailable
	case p.SQLState != "", refused(p.Message):
		return pocket.ErrInvalid
	default:
		return pocket.ErrUnavailable // the service broke on it
	}
}

// again tells whether the same service may answer the same question a little later. A statement that took too long would again.
func again(e *pocket.APIError) bool {
	return errors.Is(e, pocket.ErrRateLimited) || errors.Is(e, pocket.ErrUnavailable) && !errors.Is(e, ErrStatementTimeout) &&
		(e.Status != http.StatusOK || hasSQLState(e))
}

func hasSQLState(e *pocket.APIError) bool {
	q, ok := errors.AsType[*QueryError](e)
	return ok && q.has(func(p Problem) bool { return p.SQLState != "" })
}

func isOneOf(text string, list []string) bool {
	for _, one := range list {
		if text == one {
			return true
		}
	}
	return false
}

// refused knows the words of refusals that come with status 200 and no code of the database.
func refused(message string) bool {
	for _, words := range []string{
		"invalid cursor", "setting both first and last", // paging
		"allows ranges up to", "invalid bucket", "must have between", "range_start must be", "pass suppliers or owners", // ranges
	} {
		if strings.Contains(strings.ToLower(message), words) {
			return true
		}
	}
	return false
}

// notCovered knows the words in which newer functions say that they have no data of a time.
func notCovered(message string) bool {
	for _, words := range []string{"no settlement height is written", "before the first written settlement", "which are not written", "run rebuild_rollups"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

// oddStatus gives an answer without data or errors its type.
func oddStatus(a *rest.Answer, message string) error {
	switch {
	case a.Status == http.StatusRequestEntityTooLarge:
		return a.Fail(pocket.ErrInvalid, "the question is too long: "+message)
	case a.Status == http.StatusBadRequest:
		return a.Fail(pocket.ErrInvalid, message)
	default:
		return a.Odd(message)
	}
}

// missingBody knows the plain texts with which the service answers requests that it could not read.
func missingBody(a *rest.Answer) bool {
	body := string(a.Body[:min(len(a.Body), 100)])
	return a.Status == http.StatusBadRequest && (strings.HasPrefix(body, "POST body missing") || strings.HasPrefix(body, "GET query missing"))
}
