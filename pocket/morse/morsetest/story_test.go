package morsetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAStoryIsTheSameEachTime(t *testing.T) {
	a, b := Story(StoryConfig{Blocks: 300}), Story(StoryConfig{Blocks: 300})
	assert.Equal(t, a.Describe(), b.Describe())
	assert.Equal(t, a.Expired, b.Expired)
	assert.NotEqual(t, a.Describe(), Story(StoryConfig{Blocks: 300, Seed: 1}).Describe())
}

func TestAStoryHasEverythingInIt(t *testing.T) {
	c := Story(StoryConfig{Blocks: 3000})
	assert.Greater(t, len(c.Settled), 2000)
	assert.Greater(t, len(c.Expired), 50)
	challenges, opaque := 0, 0
	for _, s := range c.Settled {
		if s.Claim.Challenges {
			challenges++
		}
		if len(s.Mints) == 0 {
			opaque++
		}
	}
	assert.Greater(t, challenges, 10)
	assert.Positive(t, opaque, "gamma earns nothing below its bin")
	_, there := c.last().nodes[KeyOf(StoryDelta).Address()]
	assert.False(t, there, "delta has left")
}
