// Package chattest is a chat platform in memory, for tests: it has limits and refuses what is beyond them, keeps its messages and how they were
// edited, and fails when it is told to. A test says what somebody types or presses, and reads what he sees.
//
//	p := chattest.New()
//	e := chat.New(b, p)
//	err := e.Handle(ctx, p.Type("ana", "home", "/help"))
//	fmt.Println(p.Chat("test:home").Last())
//
// What is wrong with a message, such as text beyond the limit, an empty text or a control character, is refused and noted in Faults.
package chattest
