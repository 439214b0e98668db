package poktscantest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // the recordings
	"encoding/json"
	"fmt"
)

//go:embed testdata/recordings.jsonl.gz
var recordings []byte

// A Recording is a question that was put to the real query service and what it answered. The data behind it are made up: 86,400 blocks of four
// suppliers, two applications and three services, of 21 September to 19 November 2026; the software is the real one.
type Recording struct {
	Name        string `json:"name"`
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	Request     string `json:"request"` // its body
	Response    string `json:"response"`
	// Derived: it was written by hand after the software's sources, and no software answered it. Basis says after what.
	Derived bool   `json:"derived"`
	Basis   string `json:"basis"`

	Method             string `json:"method"`             // "" is POST
	Path               string `json:"path"`               // "" is /
	RequestContentType string `json:"requestContentType"` // "" is application/json
}

// Query returns what the recording's request asks: its text and variables; "" when the request is none.
func (r Recording) Query() (text string, variables map[string]any) {
	var q request
	if json.Unmarshal([]byte(r.Request), &q) != nil {
		return "", nil
	}
	return q.Query, q.Variables
}

// Recordings returns all recordings, in the order in which they were made.
func Recordings() []Recording {
	list, err := readRecordings()
	if err != nil {
		panic("poktscantest: the embedded recordings are broken: " + err.Error()) // the build is, then
	}
	return list
}

// Recorded returns the recording of that name. It panics when there is none: that is a mistake in a test.
func Recorded(name string) Recording {
	for _, r := range Recordings() {
		if r.Name == name {
			return r
		}
	}
	panic("poktscantest: there is no recording " + name)
}

func readRecordings() ([]Recording, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(recordings))
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<20)
	lines.Scan() // the first line says what this is
	var list []Recording
	for lines.Scan() {
		var r Recording
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(list)+2, err)
		}
		list = append(list, r)
	}
	return list, lines.Err()
}
