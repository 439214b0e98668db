// Package keep keeps small values for a bot across restarts: settings, buttons, what was told where. There is a store in memory ([NewMemory]), and one in
// SQLite or PostgreSQL ([NewStore]), which may share a database with others: its tables begin with keep_.
//
//	store, err := keep.NewStore(ctx, keep.DB{Write: write, Read: read, Dialect: keep.SQLite})
//	err = store.Put(ctx, keep.Entry{Space: "buttons", Key: id, Value: line, Expires: time.Now().Add(24 * time.Hour)})
//	entry, err := store.Take(ctx, "buttons", id) // once, whoever else tries
//
// Spaces, keys and values may hold any bytes, and be empty. Times are kept to the microsecond and come back in UTC. An entry that has expired is not
// returned any more; [Store] Expire frees its room, and a program calls it now and then.
//
// A Store is safe for concurrent use, by several programs on one database, too.
package keep
