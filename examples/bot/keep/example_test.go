package keep_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/examples/bot/keep"
)

func Example() {
	ctx := context.Background()
	store := keep.NewMemory()
	err := store.Put(ctx, keep.Entry{Space: "buttons", Key: "a1b2", Value: []byte("/stats"), Expires: time.Now().Add(24 * time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	pressed, err := store.Take(ctx, "buttons", "a1b2")
	fmt.Println(string(pressed.Value), err)
	_, err = store.Take(ctx, "buttons", "a1b2")
	fmt.Println(errors.Is(err, keep.ErrNone))
	// Output:
	// /stats <nil>
	// true
}
