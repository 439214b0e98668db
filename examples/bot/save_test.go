package bot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestProgressIsOneLineForPeople(t *testing.T) {
	for want, p := range map[string]Progress{
		"reading: 1,234 of 5,000 blocks, 24 %, about 2 minutes left":    {Doing: "reading", Done: 1234, Total: 5000, Unit: "blocks", Left: 2 * time.Minute},
		"reading: 4,999 of 5,000 blocks, 99 %, less than a minute left": {Doing: "reading", Done: 4999, Total: 5000, Unit: "blocks", Left: 5 * time.Second},
		"reading: 5,000 of 5,000 blocks, 100 %":                         {Doing: "reading", Done: 5000, Total: 5000, Unit: "blocks"},
		"writing the report: 7 settlements":                             {Doing: "writing the report", Done: 7, Unit: "settlements"},
		"opening":                                                       {Doing: "opening"},
	} {
		assert.Equal(t, want, p.String())
	}
}
