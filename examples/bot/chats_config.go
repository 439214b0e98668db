package bot

// Discord says as whom the bot speaks on Discord.
type Discord struct {
	Token Secret `yaml:"token" example:"…"` // of the bot; the developer portal makes one
}
