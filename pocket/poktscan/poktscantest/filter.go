package poktscantest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A test tells whether a row matches.
type test func(row int) bool

func all(tests []test) test {
	return func(row int) bool {
		for _, matches := range tests {
			if !matches(row) {
				return false
			}
		}
		return true
	}
}

func some(tests []test) test {
	return func(row int) bool {
		return slices.ContainsFunc(tests, func(matches test) bool { return matches(row) })
	}
}

// compile makes a test of a condition.
func (s *Server) compile(t *table, condition map[string]any) (test, error) {
	var tests []test
	for name, value := range condition {
		made, err := s.compileOne(t, name, value)
		if err != nil {
			return nil, err
		}
		tests = append(tests, made)
	}
	return all(tests), nil
}

func (s *Server) compileOne(t *table, name string, value any) (test, error) {
	switch name {
	case "or", "and":
		list, _ := value.([]any)
		var tests []test
		for _, item := range list {
			condition, _ := item.(map[string]any)
			made, err := s.compile(t, condition)
			if err != nil {
				return nil, err
			}
			tests = append(tests, made)
		}
		if name == "or" {
			return some(tests), nil
		}
		return all(tests), nil
	}
	condition, ok := value.(map[string]any)
	if !ok {
		return nil, &refusal{"BAD_USER_INPUT", fmt.Sprintf("Field %q is not defined by type %q.", name, t.name+"Filter")}
	}
	if r, ok := t.one[name]; ok {
		other := s.tables[r.table]
		inner, err := s.compile(other, condition)
		return func(row int) bool { return slices.ContainsFunc(other.by(r.foreign, t.value(row, r.own)), inner) }, err
	}
	if r, ok := t.many[name]; ok {
		of, _ := condition["some"].(map[string]any)
		other := s.tables[r.table]
		inner, err := s.compile(other, of)
		return func(row int) bool { return slices.ContainsFunc(other.by(r.foreign, t.value(row, r.own)), inner) }, err
	}
	place, ok := t.places[name]
	if !ok {
		return nil, &refusal{"BAD_USER_INPUT", fmt.Sprintf("Field %q is not defined by type %q.", name, t.name+"Filter")}
	}
	var tests []test
	for operator, operand := range condition {
		made, err := operation(t.columns[place], operator, operand)
		if err != nil {
			return nil, err
		}
		tests = append(tests, func(row int) bool { return made(t.rows[row][place]) })
	}
	return all(tests), nil
}

// operation makes a test of a value.
func operation(c column, operator string, operand any) (func(string) bool, error) {
	if operator == "in" {
		list, _ := operand.([]any)
		wanted := make(map[string]bool, len(list))
		for _, item := range list {
			wanted[operandText(c.kind, item)] = true
		}
		return func(value string) bool { return value != null && wanted[value] }, nil
	}
	if operator == "contains" {
		return contains(operand), nil
	}
	wanted := operandText(c.kind, operand)
	if c.kind == numeric && strings.Trim(wanted, "0123456789.-") != "" {
		return nil, &fault{"22P02", fmt.Sprintf("invalid input syntax for type numeric: %q", wanted)}
	}
	compare := func(accept func(int) bool) func(string) bool {
		return func(value string) bool { return value != null && accept(compareValues(c.kind, value, wanted)) }
	}
	switch operator {
	case "equalTo":
		return compare(func(c int) bool { return c == 0 }), nil
	case "notEqualTo":
		return compare(func(c int) bool { return c != 0 }), nil
	case "greaterThan":
		return compare(func(c int) bool { return c > 0 }), nil
	case "greaterThanOrEqualTo":
		return compare(func(c int) bool { return c >= 0 }), nil
	case "lessThan":
		return compare(func(c int) bool { return c < 0 }), nil
	case "lessThanOrEqualTo":
		return compare(func(c int) bool { return c <= 0 }), nil
	default:
		return nil, &refusal{"BAD_USER_INPUT", fmt.Sprintf("Field %q is not defined.", operator)}
	}
}

// operandText writes an operand as values of that kind are kept.
func operandText(k kind, operand any) string {
	s := fmt.Sprint(operand)
	if k == moment {
		return zoneless(s)
	}
	return s
}

// zoneless drops the zone of a moment unread, as the service does.
func zoneless(s string) string {
	if i := strings.IndexByte(s, 'T'); i >= 0 {
		if j := strings.IndexAny(s[i:], "Z+-"); j >= 0 {
			s = s[:i+j]
		}
	}
	if i := strings.IndexByte(s, '.'); i >= 0 { // kept to the millisecond; text compares well when it is as long
		return (s + "000")[:i+4]
	}
	return s + ".000"
}

// contains is PostgreSQL's @> for a list of objects: each must be a part of one of the value's.
func contains(operand any) func(string) bool {
	wanted, _ := operand.([]any)
	return func(value string) bool {
		var list []map[string]any
		if value == null || json.Unmarshal([]byte(value), &list) != nil {
			return false
		}
		for _, item := range wanted {
			object, _ := item.(map[string]any)
			if !slices.ContainsFunc(list, func(has map[string]any) bool { return includes(has, object) }) {
				return false
			}
		}
		return true
	}
}

func includes(has, wanted map[string]any) bool {
	for name, value := range wanted {
		if fmt.Sprint(has[name]) != fmt.Sprint(value) {
			return false
		}
	}
	return true
}

// candidates returns the rows that a condition can match, in order, by the cheapest way there is: an index, a range of heights, or all.
func (t *table) candidates(o order, condition map[string]any) []int {
	for name, value := range condition {
		operators, ok := value.(map[string]any)
		if _, isColumn := t.places[name]; !ok || !isColumn {
			continue
		}
		var wanted []any
		if one, ok := operators["equalTo"]; ok {
			wanted = []any{one}
		} else if list, ok := operators["in"].([]any); ok {
			wanted = list
		} else {
			continue
		}
		found := map[int]bool{}
		for _, item := range wanted {
			for _, row := range t.by(name, operandText(t.columns[t.places[name]].kind, item)) {
				found[row] = true
			}
		}
		list := make([]int, 0, len(found))
		for row := range found {
			list = append(list, row)
		}
		slices.SortFunc(list, func(a, b int) int { return t.compare(o, a, b) })
		return list
	}
	sorted := t.sorted(o)
	heights, ok := condition["blockId"].(map[string]any)
	if !ok || len(o) == 0 || o[0].column != "blockId" || o[0].down {
		return sorted
	}
	place := t.places["blockId"]
	from, to := 0, len(sorted)
	if low, ok := heights["greaterThanOrEqualTo"]; ok {
		from, _ = slices.BinarySearchFunc(sorted, fmt.Sprint(low), func(row int, h string) int {
			if compareNumbers(t.rows[row][place], h) < 0 {
				return -1
			}
			return 1
		})
	}
	if high, ok := heights["lessThanOrEqualTo"]; ok {
		to, _ = slices.BinarySearchFunc(sorted, fmt.Sprint(high), func(row int, h string) int {
			if compareNumbers(t.rows[row][place], h) <= 0 {
				return -1
			}
			return 1
		})
	}
	return sorted[from:max(from, to)]
}
