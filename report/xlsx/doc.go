// Package xlsx writes tables as Excel workbooks.
package xlsx
