// Package same tells whether two sources tell of the same event, and what they tell differently. Sources number a block's events in ways of
// their own or not at all, and leave out different things.
package same
