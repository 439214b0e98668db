package index

// A sumRow is a row of a rollup being changed.
type sumRow struct {
	packed  []byte // as stored; nil when there is none
	fresh   []blockSum
	dropped map[int64]bool // heights whose stored sums are void
}

// drop takes out what the block at height had added.
func (r *sumRow) drop(height int64) {
	if r.dropped == nil {
		r.dropped = map[int64]bool{}
	}
	r.dropped[height] = true
	kept := r.fresh[:0]
	for _, s := range r.fresh {
		if s.height != height {
			kept = append(kept, s)
		}
	}
	r.fresh = kept
}

// pack returns the row as it is to be stored, nil when nothing is left. Blocks mostly come in order and go behind the others as they are; only
// otherwise is the row taken apart.
func (r *sumRow) pack() ([]byte, error) {
	reader := sumReader{unpacker: unpacker{b: r.packed}}
	void := false
	for reader.next() {
		void = void || r.dropped[reader.height]
		reader.skip()
	}
	if err := reader.err(); err != nil {
		return nil, err
	}
	ordered := true
	for i := range r.fresh {
		ordered = ordered && r.fresh[i].height > reader.height && (i == 0 || !r.fresh[i].before(&r.fresh[i-1]))
	}
	if !void && ordered {
		return appendSums(r.packed, blockSum{height: reader.height, time: reader.time}, r.fresh), nil
	}
	stored, err := unpackSums(r.packed)
	if err != nil {
		return nil, err
	}
	list := r.fresh
	for _, s := range stored {
		if !r.dropped[s.height] {
			list = append(list, s)
		}
	}
	return packSums(list), nil
}

func (s *blockSum) before(t *blockSum) bool {
	return s.height < t.height || s.height == t.height && s.service < t.service
}

// load makes sure that the rows of these names and that slot are in r.
func (w *writer) load(r *rollup, slot int64, names []int64) error {
	var missing []int64
	for _, n := range names {
		if r.rows[sumKey{n, slot}] == nil {
			r.rows[sumKey{n, slot}] = &sumRow{}
			missing = append(missing, n)
		}
	}
	name, unit, data := r.columns[0].name, r.columns[1].name, r.columns[2].name
	for len(missing) > 0 {
		chunk := missing[:min(1000, len(missing))]
		missing = missing[len(chunk):]
		rows, err := w.tx.QueryContext(w.ctx, "SELECT "+name+", "+data+" FROM "+r.name+
			" WHERE "+unit+" = $1 AND "+name+" IN ("+listOf(chunk)+")", slot)
		if err != nil {
			return err
		}
		err = each(rows, func() error {
			var id int64
			var packed []byte
			err := rows.Scan(&id, &packed)
			r.rows[sumKey{id, slot}].packed = packed
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// flush writes the rows of r.
func (w *writer) flush(r *rollup) error {
	values := make([]any, 0, 3*len(r.rows))
	for key, row := range r.rows {
		packed, err := row.pack()
		if err != nil {
			return err
		}
		switch {
		case len(packed) > 0:
			values = append(values, key.name, key.slot, packed)
		case len(row.packed) > 0:
			err := w.exec("DELETE FROM "+r.name+" WHERE "+r.columns[0].name+" = $1 AND "+r.columns[1].name+" = $2", key.name, key.slot)
			if err != nil {
				return err
			}
		}
	}
	return w.put(r.table, values)
}
