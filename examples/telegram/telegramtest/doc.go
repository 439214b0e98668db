// Package telegramtest is a Bot API server in memory, for one bot. It checks every request against the rules that the Bot API documents, and a test does
// what people do: they write, press buttons and send the bot away.
//
//	server := telegramtest.New("123:secret")
//	web := httptest.NewServer(server) // telegram.api_url; or use server.Transport, without sockets
//	ana := server.Person(7, "Ana")
//	ana.Type("/stats")
//	server.Await(func() bool { return len(ana.Messages()) > 0 })
//
// What breaks a rule is answered as Telegram does, and listed by [Server.Faults]. [Server.Fail] makes the next requests fail.
package telegramtest
