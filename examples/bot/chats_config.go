package bot

// Telegram says as whom the bot speaks on Telegram.
type Telegram struct {
	Token Secret `yaml:"token" example:"123456789:…"` // of the bot; @BotFather makes one
}

// Discord says as whom the bot speaks on Discord.
type Discord struct {
	Token Secret `yaml:"token" example:"…"` // of the bot; the developer portal makes one
}
