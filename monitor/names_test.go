package monitor_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/poktbot/poktbot/monitor"
)

// namesInSource returns the names that names.go declares, but for the family of custom ones.
func namesInSource(t *testing.T) []monitor.Name {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "names.go", nil, 0)
	require.NoError(t, err)
	var names []monitor.Name
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			require.NoError(t, err)
			if name := monitor.Name(text); name != monitor.Custom {
				names = append(names, name)
			}
		}
		return true
	})
	require.Greater(t, len(names), 40)
	return names
}
