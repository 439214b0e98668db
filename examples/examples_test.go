package examples_test

import (
	"fmt"
	"strings"

	"github.com/poktbot/poktbot/examples"
)

func ExampleConfig() {
	for line := range strings.Lines(examples.Config()) {
		if strings.Contains(line, "decimal_mark") {
			fmt.Print(line)
		}
	}
	// Output:
	// #decimal_mark: point
}
