// Package discordtest is a Discord that runs in a test: its REST API of version 10 and its gateway, as far as a bot that answers commands needs
// them. It holds requests against Discord's rules and notes in [Server.Complaints] which were broken, keeps the messages as people would see
// them, lets them use commands, press buttons and write, and fails, drops and limits on demand. Its clock stands still until [Server.Advance].
package discordtest
