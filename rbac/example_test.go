package rbac_test

import (
	"context"
	"fmt"
	"time"

	"github.com/poktbot/poktbot/rbac"
)

func Example() {
	ctx := context.Background()
	people, err := rbac.New(rbac.NewMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	all := rbac.Scope{Kind: rbac.All}
	_ = people.Found(ctx, "telegram:1", "Ana", rbac.Admin) // as a configuration says

	code, _, _ := people.Invite(ctx, "telegram:1", rbac.Investor, all, 24*time.Hour, "")
	ben, _ := people.Redeem(ctx, "telegram:2", "Ben", code)
	fmt.Println(ben.Name, ben.Role)

	fmt.Println(people.May(ctx, "telegram:2", rbac.SeeRewards))
	fmt.Println(people.May(ctx, "telegram:2", rbac.ManageNodes))
	fmt.Println(people.Dismiss(ctx, "telegram:1", "telegram:1"))
	// Output:
	// Ben investor
	// <nil>
	// not allowed: to manage nodes needs the role admin
	// the last admin stays: make somebody else an admin of everything first
}
