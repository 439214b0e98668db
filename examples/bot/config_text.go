package bot

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// What a configuration may be at most. Ten thousand nodes take half a megabyte, and no key is nested deeper than three; a file beyond these
// is something else, and could keep the parser busy for minutes.
const (
	maxConfig  = 4 << 20
	maxNesting = 50
	maxFaults  = 20 // of a file, told at once
)

// parseConfig reads the YAML text of the file of that name.
func parseConfig(name string, text []byte) (file *ast.File, err error) {
	defer func() {
		if recover() != nil { // the parser is somebody else's
			file, err = nil, fmt.Errorf("%s: this is no YAML that can be read", name)
		}
	}()
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := checkText(text); err != nil {
		return nil, fmt.Errorf("%s%w", name, err)
	}
	if file, err = parser.ParseBytes(text, 0); err != nil {
		return nil, fmt.Errorf("%s:%s", name, yamlFault(err))
	}
	return file, nil
}

// readText reads a file, and of one that is too large only so much that this is seen.
func readText(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxConfig+1))
}

// checkText says what keeps a text from being read as a configuration: ":LINE: why".
func checkText(text []byte) error {
	switch {
	case len(text) > maxConfig:
		return fmt.Errorf(": larger than %d MiB, which no configuration is", maxConfig>>20)
	case bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")):
		return fmt.Errorf(":1: this is UTF-16; save the file as UTF-8")
	}
	depth, number := 0, 0
	for line := range bytes.Lines(text) {
		number++
		switch {
		case !utf8.Valid(line):
			return fmt.Errorf(":%d: this is not UTF-8; save the file as UTF-8", number)
		case bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f }):
			return fmt.Errorf(":%d: there is a control character in this line", number)
		case bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")):
			continue
		}
		depth += bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
		blocks := strings.Count(string(line), "- ") + strings.Count(string(line), "? ")
		if depth > maxNesting || blocks > maxNesting {
			return fmt.Errorf(":%d: this is nested deeper than any key", number)
		}
		depth = max(0, depth-bytes.Count(line, []byte("]"))-bytes.Count(line, []byte("}")))
	}
	return nil
}
