package pocket

// A Told is a block and what a source of history tells of it. The source is one that was asked about some addresses or knows some kinds of
// events only, so Events need not be all that the block did. They are in the order of [At.Index] as far as that is known.
type Told struct {
	Block  Block
	Events []Event
	// Newest says that the source knows of no later block: what the block tells is how things are now. A source that cannot say leaves it out.
	Newest bool
}
