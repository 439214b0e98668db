// Package program is what the programs of chat platforms share: flags, configuration, signals, the log, health, and opening, following and
// closing the bot. The main function of such a program is a few lines:
//
//	func main() {
//		program.Main("telegram", serve, "telegram.token")
//	}
//
//	func serve(ctx context.Context, b *bot.Bot, c bot.Config, log *slog.Logger) error {
//		platform := connect(c.Telegram.Token)
//		program.Health(ctx, platform.Well)
//		return platform.Serve(ctx, b)
//	}
//
// Main serves at once, and reads the chain meanwhile. SIGINT and SIGTERM end the program in good order, a second one at once. SIGHUP reads the
// configuration anew: a bad one changes nothing but the log; with a good one the bot is closed and opened again in the same process. While bot and
// platform are well, the file [HealthFile] in the data folder is touched every ten seconds; the flag -health says by its age whether they are.
//
// The flag -invite prints a code that lets the first person in, -check says what is set and from where, -import takes over a configuration of the
// PoktBot of 2022, and -demo puts a simulated chain in the place of one.
//
// It exits with 0 when it was asked to end, 1 when it could not go on, and 2 for arguments or a configuration that make no sense.
package program
