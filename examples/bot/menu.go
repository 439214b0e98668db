package bot

// menus are the buttons of /menu by their rows. Those that somebody may not press are not shown to him.
func menus() [][]Button {
	return [][]Button{
		{{"📈 Stats", "/stats"}, {"🖼 Graph", "/graph"}, {"📬 Digest", "/digest day"}},
		{{"📅 Days", "/rewards day 7d"}, {"🗓 Months", "/rewards month"}, {"🧩 Services", "/rewards service 30d"}},
		{{"📉 Losses", "/losses"}, {"📝 CSV", "/report csv 30d"}, {"📝 XLSX", "/report xlsx 30d"}},
		{{"🖥 Nodes", "/nodes"}, {"➕ Add node", "/node add"}, {"➖ Remove node", "/node remove"}},
		{{"🔗 My addresses", "/wallet list"}, {"⚙ Settings", "/settings"}, {"ℹ Info", "/info"}},
		{{"🔔 Alerts", "/alerts"}, {"📜 Events", "/events"}, {"🔕 Mutes", "/mute"}},
		{{"👥 Users", "/users"}, {"✉ Invite", "/invite"}, {"🚫 Remove user", "/user remove"}},
	}
}

// menu is /menu: a button for what is asked most.
func (c *call) menu() error {
	if len(c.args) > 0 {
		return usage("/menu takes nothing; /help lists everything")
	}
	menu := Menu{Title: "Menu"}
	for _, row := range menus() {
		var shown []Button
		for _, button := range row {
			if c.bot.mayAsk(c.caller, button.Line) {
				shown = append(shown, button)
			}
		}
		if len(shown) > 0 {
			menu.Rows = append(menu.Rows, shown)
		}
	}
	return c.say(menu)
}
