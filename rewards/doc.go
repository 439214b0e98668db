// Package rewards adds up what suppliers earned and lost.
package rewards
