package main

import "github.com/poktbot/poktbot/examples/bot/program"

func main() { program.Main("discord", serve, "discord.token") }
