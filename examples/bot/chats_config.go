package bot

// Telegram says as whom the bot speaks on Telegram.
type Telegram struct {
	Token Secret `yaml:"token"` // of the bot, from @BotFather
}

// Discord says as whom the bot speaks on Discord.
type Discord struct {
	Token Secret `yaml:"token"` // of the bot, from the developer portal
}
