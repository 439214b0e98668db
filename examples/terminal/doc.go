// Terminal is PoktBot on a command line: it reads a Shannon chain into a local index, prints what the nodes earned, follows the chain and
// answers the same commands as the chat bots.
//
//	go run ./examples/terminal -demo
//	go run ./examples/terminal -rpc http://127.0.0.1:26657 -rest http://127.0.0.1:1317 -node pokt1…
//	go run ./examples/terminal -config poktbot.yaml -c '/stats' -c '/report xlsx last month' -out reports
//
// The first is a demonstration on a chain that is simulated in the process, and says so. The second needs no configuration file. The third
// catches up, answers and ends.
//
// Replies go to standard output, progress and errors to standard error. Without a terminal there are no colours (nor with NO_COLOR set), and
// progress is plain lines. Pictures and files are saved in the folder of -out, and their path is printed. Commands are read from standard
// input; the program ends with it, unless it was empty from the start, as in the background, or with /quit.
//
// Ctrl-C ends the program in good order, a second one at once. It exits with 0 when all went well, 1 when a command or the work failed, 2
// for arguments or a configuration that make no sense, 130 after Ctrl-C and 143 after a SIGTERM. When nobody reads the output any more it ends quietly.
package main
