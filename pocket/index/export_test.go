package index

// ReadRowsUpTo sets up to how many rows sums are made of rows. With 0 they are made of digests.
func (x *Index) ReadRowsUpTo(n int) { x.worthReading = n }
