// Package report makes tables, files and sentences of what rewards and pocket know.
package report
