package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/examples/bot/keep"
	"github.com/poktbot/poktbot/monitor"
	"github.com/poktbot/poktbot/rbac"
)

// A preference is what may be changed from the chat, and is kept across restarts.
type preference struct {
	key     string
	short   string
	ofChat  bool     // of the chat in which it is changed, not of who changes it
	choices []string // buttons; any other text is tried, too
	hint    string   // what else may be given; "" when only the choices may
	// read returns the text as it is kept, or an error for people. It is asked again whenever it is used, so that what an older version kept cannot hurt.
	read func(b *Bot, text string) (string, error)
}

// preferences are all of them, in the order of /settings.
func preferences() []preference {
	among := func(choices ...string) func(*Bot, string) (string, error) {
		return func(_ *Bot, text string) (string, error) {
			for _, choice := range choices {
				if strings.EqualFold(text, choice) {
					return choice, nil
				}
			}
			return "", usage("%q: want one of %s", clip(text), strings.Join(choices, ", "))
		}
	}
	only := func(key, short string, ofChat bool, choices ...string) preference {
		return preference{key: key, short: short, ofChat: ofChat, choices: choices, read: among(choices...)}
	}
	return []preference{
		{"currency", "money beside POKT", false, []string{"EUR", "USD", "GBP", "CHF", "none"}, "the code of a currency", readCurrency},
		{"zone", "whose days are days", false, []string{"UTC", "Europe/Madrid", "America/New_York", "Asia/Singapore"}, "a zone such as Europe/Berlin",
			func(_ *Bot, text string) (string, error) {
				zone, err := ParseZone(text)
				if err != nil {
					return "", usage("%v", err)
				}
				return zone.String(), nil
			}},
		only("dates", "how dates are written and read", false, DateLayouts()...),
		only("numbers", "how numbers are written here", false, numberStyles()...),
		only("decimal", "the decimal mark in files", false, "point", "comma"),
		{"days", "days in the picture", false, []string{"7", "15", "30", "90"}, "a number up to " + strconv.Itoa(maxGraphDays), readNumber(1, maxGraphDays)},
		only("theme", "of pictures", false, "light", "dark"),
		only("alerts", "told here from this severity on", true, "off", "info", "warning", "critical"),
		{"kinds", "which alerts are told here", true, []string{"all", "supplier.*", "claim.*", "tls.*"}, "names or patterns of alerts, apart by spaces", readKinds},
		only("audience", "what alerts tell here: what to do, or what it costs", true, "sysadmin", "investor"),
		{"digest", "sums at your hour", true, []string{"off", "daily", "weekly", "monthly"}, "several of them, apart by spaces", readDigest},
		{"hour", "of the digest, by your zone", true, []string{"7", "8", "9", "20"}, "an hour from 0 to 23", readNumber(0, 23)},
	}
}

func readCurrency(b *Bot, text string) (string, error) {
	text = strings.ToUpper(text)
	switch {
	case text == "NONE" || text == "OFF":
		return "none", nil
	case !isCurrency(text):
		return "", usage("%q: want the code of a currency, such as EUR, or none", clip(text))
	case !b.pricesIn(text):
		return "", usage("nobody tells prices in %s here: the configuration names only a file with prices in %s", clip(text), b.config.Prices.Currency)
	}
	return text, nil
}

func readNumber(least, most int) func(*Bot, string) (string, error) {
	return func(_ *Bot, text string) (string, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return "", usage("%q: want a number from %d to %d", clip(text), least, most)
		}
		return strconv.Itoa(n), nil
	}
}

// readKinds reads names and patterns of alerts; each must fit one that exists.
func readKinds(b *Bot, text string) (string, error) {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(text, ",", " ")))
	if len(words) == 0 || slices.Contains(words, "all") {
		return "all", nil
	}
	if len(words) > 20 {
		return "", usage("%d kinds of alerts are too many: want at most 20 names or patterns", len(words))
	}
	for _, word := range words {
		if err := knownAlert(word); err != nil {
			return "", err
		}
	}
	return strings.Join(words, " "), nil
}

func readDigest(_ *Bot, text string) (string, error) {
	var chosen []string
	for _, word := range strings.Fields(strings.ToLower(strings.ReplaceAll(text, ",", " "))) {
		switch word {
		case "off":
			return "off", nil
		case "daily", "weekly", "monthly":
			if !slices.Contains(chosen, word) {
				chosen = append(chosen, word)
			}
		default:
			return "", usage("%q: want daily, weekly, monthly, several of them, or off", clip(word))
		}
	}
	if len(chosen) == 0 {
		return "off", nil
	}
	return strings.Join(chosen, " "), nil
}

// spaceSettings is where the settings of an account or a chat are kept.
func spaceSettings(owner string) string { return "settings " + owner }

// kept returns the settings of an account or a chat that are not left as they are by default.
func (b *Bot) kept(ctx context.Context, owner string) (map[string]string, error) {
	values := map[string]string{}
	for entry, err := range b.keep.List(ctx, spaceSettings(owner)) {
		if err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		values[entry.Key] = string(entry.Value)
	}
	for _, s := range preferences() {
		if value, ok := values[s.key]; ok {
			if _, err := s.read(b, value); err != nil {
				delete(values, s.key) // it made sense once
			}
		}
	}
	return values, nil
}

// viewOf is how the caller is shown things.
func (b *Bot) viewOf(ctx context.Context, who caller) (view, error) {
	v := b.view()
	if who.Scope.Kind == rbac.Own {
		v.wallets = who.links
	}
	values, err := b.kept(ctx, string(who.subject))
	if err != nil {
		return v, err
	}
	for key, value := range values {
		switch key {
		case "currency":
			v.currency = strings.TrimPrefix(value, "none")
		case "zone":
			if zone, err := ParseZone(value); err == nil {
				v.zone = zone
			}
		case "dates":
			v.dates = DateLayout(value)
		case "numbers":
			v.numbers = numbers(value)
		case "decimal":
			v.decimal = value
		case "days":
			v.graphDays, _ = strconv.Atoi(value)
		case "theme":
			v.theme = value
		}
	}
	return v, nil
}

// settings is /settings: a list to choose from, one of them, or a change.
func (c *call) settings() error {
	if len(c.args) == 0 {
		return c.listSettings()
	}
	key := strings.ToLower(c.args[0])
	list := preferences()
	i := slices.IndexFunc(list, func(s preference) bool { return s.key == key })
	if i < 0 {
		return unknownSetting(key)
	}
	s := list[i]
	if err := c.maySet(s); err != nil {
		return err
	}
	if len(c.args) == 1 {
		return c.askSetting(s)
	}
	text := strings.Join(c.args[1:], " ")
	if strings.EqualFold(text, "default") {
		if err := c.bot.keep.Delete(c.ctx, spaceSettings(c.owner(s)), s.key); err != nil {
			return fmt.Errorf("settings: %w", err)
		}
	} else {
		value, err := s.read(c.bot, text)
		if err != nil {
			return err
		}
		if err := c.set(s, value); err != nil {
			return err
		}
	}
	if s.ofChat {
		if err := c.bot.subscriptionChanged(c.ctx, c.chat); err != nil {
			return err
		}
	}
	var err error
	if c.view, err = c.bot.viewOf(c.ctx, c.caller); err != nil {
		return err
	}
	now, err := c.setTo(s)
	if err != nil {
		return err
	}
	return c.say(Text{Lines: []string{fmt.Sprintf("%s: %s.", s.short, now)}})
}

// set keeps one setting. Who sets one of a chat is who the chat's alerts and digests are for.
func (c *call) set(s preference, value string) error {
	entries := []keep.Entry{{Space: spaceSettings(c.owner(s)), Key: s.key, Value: []byte(value)}}
	if s.ofChat {
		entries = append(entries, keep.Entry{Space: spaceChats, Key: c.chat, Value: []byte(c.subject)})
	}
	if err := c.bot.keep.Put(c.ctx, entries...); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return nil
}

func unknownSetting(key string) error {
	var keys []string
	for _, s := range preferences() {
		keys = append(keys, s.key)
	}
	if near := nearest(key, keys); near != "" {
		return usage("/settings %s is not known; did you mean /settings %s?", clip(key), near)
	}
	return usage("/settings %s is not known: want one of %s", clip(key), strings.Join(keys, ", "))
}

// owner is whose a setting is: the chat's or the caller's.
func (c *call) owner(s preference) string {
	if s.ofChat {
		return c.chat
	}
	return string(c.subject)
}

// maySet says why the caller may not change a setting here. In a group, who manages the bot says what is told there.
func (c *call) maySet(s preference) error {
	switch {
	case s.ofChat && c.chat == "":
		return usage("%s is a setting of chats: here alerts are told in any case", s.key)
	case s.ofChat && !c.direct && !c.may(rbac.ManageSettings):
		return fmt.Errorf("what is told in a group is for admins to say: %w", ErrDenied)
	case s.key == "audience" && !c.may(rbac.ManageAlerts):
		return fmt.Errorf("alerts tell you what they cost; what to do is for admins: %w", ErrDenied)
	}
	return nil
}

// setTo says how a setting is now, for people.
func (c *call) setTo(s preference) (string, error) {
	values, err := c.bot.kept(c.ctx, c.owner(s))
	if err != nil {
		return "", err
	}
	if value, ok := values[s.key]; ok {
		return value, nil
	}
	switch s.key {
	case "currency":
		return orNone(c.currency), nil
	case "zone":
		return c.zone.String(), nil
	case "dates":
		return string(c.dates), nil
	case "numbers":
		return numberStyles()[0], nil
	case "decimal":
		return c.decimal, nil
	case "days":
		return strconv.Itoa(c.graphDays), nil
	case "theme":
		return c.theme, nil
	case "kinds":
		return "all", nil
	case "audience":
		return string(audienceOf(c.caller)), nil
	case "hour":
		return strconv.Itoa(defaultHour), nil
	}
	return "off", nil
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// listSettings shows how everything is set, with a button for each.
func (c *call) listSettings() error {
	menu := Menu{Title: "Settings"}
	var row []Button
	for _, s := range preferences() {
		if c.maySet(s) != nil {
			continue
		}
		now, err := c.setTo(s)
		if err != nil {
			return err
		}
		menu.Lines = append(menu.Lines, fmt.Sprintf("%s: %s — %s", s.key, now, s.short))
		if row = append(row, Button{Label: s.key, Line: "/settings " + s.key}); len(row) == 3 {
			menu.Rows, row = append(menu.Rows, row), nil
		}
	}
	if len(row) > 0 {
		menu.Rows = append(menu.Rows, row)
	}
	menu.Lines = append(menu.Lines, "/settings KEY VALUE changes one, /settings KEY default takes it back.")
	return c.say(menu)
}

// askSetting asks what one is to be.
func (c *call) askSetting(s preference) error {
	now, err := c.setTo(s)
	if err != nil {
		return err
	}
	p := Prompt{Question: fmt.Sprintf("%s: %s. Which do you want?", s.short, now), Line: "/settings " + s.key}
	if s.hint != "" {
		p.Question += " Press one, or write " + s.hint + "."
	}
	var row []Button
	for _, choice := range append(slices.Clone(s.choices), "default") {
		if row = append(row, Button{Label: choice, Line: p.Line + " " + Quote(choice)}); len(row) == 3 {
			p.Choices, row = append(p.Choices, row), nil
		}
	}
	if len(row) > 0 {
		p.Choices = append(p.Choices, row)
	}
	return c.say(p)
}

// knownAlert says when a name or pattern fits no alert that there is.
func knownAlert(word string) error {
	match := monitor.Match{Name: word}
	if err := match.Validate(); err != nil {
		return usage("%v", err)
	}
	var names []string
	for name := range monitor.DefaultRules() {
		if match.Matches(monitor.Key{Name: name}, nil) {
			return nil
		}
		names = append(names, string(name))
	}
	if strings.HasPrefix(word, string(monitor.Custom)) {
		return nil
	}
	slices.Sort(names)
	if near := nearest(word, names); near != "" {
		return usage("no alert is called %q; did you mean %s?", clip(word), near)
	}
	return usage("no alert is called %q: want a name such as tls.expiring, or a pattern such as tls.*", clip(word))
}
