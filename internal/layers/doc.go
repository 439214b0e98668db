// Package layers holds the module's structure to its table: which package may import which, what stands at the top level, how
// many foreign modules an importer of each package links, and that every package says what it is. It has tests only.
package layers
