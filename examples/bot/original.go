package bot

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/report/tax"
)

// An importer writes our configuration.
type importer struct {
	original original
	used     map[string]bool
	token    Secret
	notes    []string
	out      strings.Builder
}

func (m *importer) note(format string, args ...any) {
	m.notes = append(m.notes, Plain(fmt.Sprintf(format, args...)))
}

// list returns the items of a key, and whether it was there.
func (m *importer) list(section, key string) (v originalValue, found bool) {
	id := foldOriginal(section, key)
	m.used[id] = true
	v, found = m.original.values[id]
	if found && v.odd {
		m.note("%s: it is no plain value, nor a list of some", v.name)
		v.texts, v.rules = nil, nil
	}
	return v, found
}

// text returns the value of a key, or what it had by default.
func (m *importer) text(section, key, byDefault string) (text, name string) {
	v, found := m.list(section, key)
	if !found || len(v.texts) == 0 {
		return byDefault, cmp.Or(v.name, section+"."+key)
	}
	return strings.TrimSpace(strings.Join(v.texts, ",")), v.name // a comma in a value made a list of it
}

func (m *importer) line(format string, args ...any) { fmt.Fprintf(&m.out, format+"\n", args...) }

// yamlList is a list in one line.
func yamlList[T ~string](items []T) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = yamlText(string(item))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

var plainYAML = regexp.MustCompile(`^[A-Za-z]\w*[/:][\w./:-]*\w$`)

// yamlText is text as YAML, in quotes where it could be taken for something else.
func yamlText(text string) string {
	if plainYAML.MatchString(text) {
		return text
	}
	var quoted strings.Builder
	quoted.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			quoted.WriteString(`\` + string(r))
		case r == '\n':
			quoted.WriteString(`\n`)
		case r == '\t':
			quoted.WriteString(`\t`)
		default:
			quoted.WriteRune(r)
		}
	}
	return quoted.String() + `"`
}

// config writes what has a counterpart.
func (m *importer) config() {
	nodes := m.nodes()
	m.line("# Made of the configuration of the PoktBot of 2022. Every key is explained by the flag -example.\n")
	m.line("chain:                              # put your full node of Shannon here; without one, take out this section")
	m.line("  rpc: [http://127.0.0.1:26657]\n  rest: [http://127.0.0.1:1317]")
	var morse, live []pocket.Address
	for _, node := range nodes {
		if node.Kind() == pocket.MorseAddress {
			morse = append(morse, node)
		} else {
			live = append(live, node)
		}
	}
	if len(morse) > 0 {
		m.line("morse:                              # put an archival node of Morse here: it tells what the nodes earned there")
		m.line("  rpc: [http://127.0.0.1:8081]")
	}
	if len(nodes) > 0 {
		m.line("nodes:")
		for _, node := range slices.Concat(live, morse) {
			m.line("  - %s", yamlText(node.String()))
		}
	}
	m.people()
	m.telegram()
	m.look()
	m.money()
	m.texts()
	m.releases()
}

func (m *importer) nodes() (nodes []pocket.Address) {
	v, _ := m.list("SERVER", "nodes")
	for _, text := range v.texts {
		node, err := pocket.ParseAddress(strings.ToLower(strings.TrimSpace(text)))
		switch {
		case strings.TrimSpace(text) == "":
		case err != nil || node.Kind() != pocket.MorseAddress && node.Kind() != pocket.AccountAddress:
			m.note("%s: %s is no address of a node", v.name, clip(text))
		case !slices.Contains(nodes, node):
			nodes = append(nodes, node)
		}
	}
	return nodes
}

func (m *importer) people() {
	var lines []string
	for _, role := range []string{"sysadmins", "admins", "investors"} {
		v, _ := m.list("IDS", role+"_ids")
		var accounts []Phrase
		for _, id := range v.texts {
			account := Phrase("telegram:" + strings.TrimSpace(id))
			switch {
			case strings.TrimSpace(id) == "":
			case checkAccount(string(account)) != nil:
				m.note("%s: %s is no number of an account", v.name, clip(id))
			case !slices.Contains(accounts, account):
				accounts = append(accounts, account)
			}
		}
		if len(accounts) > 0 {
			lines = append(lines, "  "+role+": "+yamlList(accounts))
		}
	}
	if len(lines) > 0 {
		m.line("access:\n%s", strings.Join(lines, "\n"))
	}
}

func (m *importer) telegram() {
	text, name := m.text("TELEGRAM_API", "bot_token", "")
	switch {
	case text == "":
		m.note("%s: there was none; @BotFather makes one, and telegram.token_file names the file that holds it", name)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r > '~' }):
		m.note("%s: what was there is no token; @BotFather tells it", name)
	default:
		m.token = NewSecret(text)
		m.line("telegram:\n  token_file: %s          # beside this file", TokenName)
	}
}

// look writes zone, dates and numbers.
func (m *importer) look() {
	text, name := m.text("CONF", "timezone", "Europe/Madrid")
	if zone, err := ParseZone(text); err == nil && text != "" {
		m.line("zone: %s", yamlText(zone.String()))
	} else {
		m.note("%s: %s is no zone, so days are those of UTC", name, clip(text))
	}
	text, name = m.text("CONF", "date_format", "%d/%m/%Y %H:%M:%S %z")
	if layout := datesOf(text); layout != "" {
		m.line("dates: %s", layout)
	} else {
		m.note("%s: dates are written as one of %s", name, strings.Join(DateLayouts(), ", "))
	}
	times := ""
	if _, err := tax.TimeLayout(text); err == nil && strings.Contains(text, "%") {
		times = text
	} else {
		m.note("%s: it does not tell a moment to the minute, so files have the times that their formats want", name)
	}
	m.line("decimal_mark: comma                 # as in the files that it wrote")
	text, name = m.text("CONF", "last_days_stats_graph", "15")
	if days, err := strconv.Atoi(text); err == nil && days >= 1 && days <= maxGraphDays {
		m.line("graph_days: %d", days)
	} else {
		m.note("%s: %s is no number of days from 1 to %d", name, clip(text), maxGraphDays)
	}
	m.tax(times)
}

// datesOf is our layout of the days of a format of strftime.
func datesOf(format string) string {
	text := strings.NewReplacer("%Y", "YYYY", "%m", "MM", "%d", "DD", "%F", "YYYY-MM-DD").Replace(format)
	for _, layout := range DateLayouts() {
		if strings.Contains(text, layout) {
			return layout
		}
	}
	return ""
}

func (m *importer) tax(times string) {
	alias, _ := m.text("PRICE", "currency_alias", "Euro")
	m.line("tax:\n  currency_alias: %s", yamlText(Plain(alias)))
	if times != "" {
		m.line("  times: %s", yamlText(times))
	}
}

func (m *importer) money() {
	text, name := m.text("PRICE", "currency", "eur")
	if isCurrency(text) {
		m.line("prices:\n  currency: %s", yamlText(strings.ToUpper(text)))
	} else {
		m.note("%s: %s is no code of a currency", name, clip(text))
	}
	if where, name := m.text("PRICE", "coingecko_url", ""); where != "" {
		if u, err := url.Parse(where); err != nil || u.Host != "api.coingecko.com" {
			m.note("%s: if it was a proxy, its root goes into prices.coingecko.url", name)
		}
	}
}

// texts writes the rules on errors.
func (m *importer) texts() {
	v, found := m.list("SERVER", "error_rules")
	age := ""
	if text, name := m.text("SERVER", "errors_notification_max_age", ""); text != "" {
		if age = ageOf(text); age == "" {
			m.note("%s: %s is no time", name, clip(text))
		}
	}
	if len(v.texts) > 0 {
		m.note("%s: a rule has find, notify_single and notify_many", v.name)
	}
	var rules []Phrase
	for i, rule := range v.rules {
		phrase, err := textRuleOf(fmt.Sprintf("original-%d", i+1), rule, age)
		if err != nil {
			m.note("%s: rule %d cannot be taken over: %v", v.name, i+1, err)
			continue
		}
		rules = append(rules, phrase)
	}
	if len(rules) == 0 {
		return
	}
	m.line("alerts:\n  texts:")
	for _, rule := range rules {
		m.line("    - %s", yamlText(string(rule)))
	}
	if found {
		m.note("%s: they look through what the chain and the endpoints say; PoktScan does not tell gateways' errors any more", v.name)
	}
}

// textRuleOf writes a rule on errors as one of ours, if it means the same there.
func textRuleOf(name string, rule map[string]string, age string) (Phrase, error) {
	single, many := rule["notify_single"], rule["notify_many"]
	if single == "" {
		single = "{address}: {message}" // without a text of one it failed at one
	}
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
	text := name + " find=" + quote(rule["find"]) + " single=" + quote(single)
	if many != "" && many != single {
		text += " many=" + quote(many)
	}
	if age != "" {
		text += " max_age=" + age
	}
	made, err := parseText(text)
	switch {
	case err != nil:
		return "", errors.New("it cannot be written down here")
	case made.Find != rule["find"] || made.NotifySingle != single:
		return "", errors.New("a quote behind a backslash cannot be written down here")
	}
	c := Config{Alerts: Alerts{Texts: []Phrase{Phrase(text)}}}
	if _, err := c.textRules(); err != nil {
		return "", err
	}
	return Phrase(text), nil
}

var agePattern = regexp.MustCompile(`^(\d{1,6})\s*(second|minute|hour|day|week)s?$`)

// ageOf is a length of time such as "1 days".
func ageOf(text string) string {
	parts := agePattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if parts == nil {
		return ""
	}
	age := strings.TrimLeft(parts[1], "0") + parts[2][:1]
	if d, err := ParseDuration(age); err != nil || d <= 0 {
		return ""
	}
	return age
}

func (m *importer) releases() {
	notify, notifyName := m.text("CONF", "notify_releases", "true")
	where, name := m.text("CONF", "release_url", "")
	docs, docsName := m.text("CONF", "release_docs", "")
	var lines []string
	switch on, err := strconv.ParseBool(strings.ToLower(notify)); {
	case err != nil:
		m.note("%s: %s is neither true nor false", notifyName, clip(notify))
	case !on:
		lines = append(lines, "  notify: false")
	}
	for _, set := range []struct{ key, name, text string }{{"url", name, where}, {"docs", docsName, docs}} {
		if set.text == "" {
			continue
		}
		c := DefaultConfig()
		c.Releases.Docs, c.Releases.URL = set.text, set.text
		switch {
		case strings.Contains(set.text, "pypi.org") || strings.Contains(set.text, "readthedocs"):
			m.note("%s: it tells of the old program's releases; ours are asked for by default", set.name)
		case c.checkReleases() != nil:
			m.note("%s: it is no URL that may be shown", set.name)
		default:
			lines = append(lines, "  "+set.key+": "+yamlText(set.text))
		}
	}
	if len(lines) > 0 {
		m.line("releases:\n%s", strings.Join(lines, "\n"))
	}
}

// lost are the keys without a counterpart, and why there is none. Values are not told: some are secret.
var lost = []struct{ section, key, why string }{
	{"TELEGRAM_API", "api_id", "bots need the token alone"},
	{"TELEGRAM_API", "api_hash", "bots need the token alone"},
	{"TELEGRAM_API", "session_path", "there is no session file any more"},
	{"TELEGRAM_API", "session_name", "there is no session file any more"},
	{"SERVER", "log_file_location", "the log goes to standard error, where systemd and Docker keep it"},
	{"SERVER", "database_type", "see database: an SQLite file or PostgreSQL"},
	{"SERVER", "database_secret", "see database: the old files are not read, the past is read from the chain"},
	{"SERVER", "chain_ids", "services have the names that the chain gives them"},
	{"SERVER", "api_url_rewards", "rewards are read from nodes: see chain, morse and poktscan"},
	{"SERVER", "api_url_transactions", "transactions are read from nodes: see chain, morse and poktscan"},
	{"SERVER", "api_url_errors", "PoktScan does not tell errors any more"},
	{"SERVER", "api_date_format", "dates of answers are read as the chain writes them"},
	{"SERVER", "api_max_page_count", "all pages are read"},
	{"SERVER", "api_page_size", "all pages are read"},
	{"SERVER", "rewards_multiplier", "rewards are computed by the chain's own parameters"},
	{"SERVER", "rewards_multiplier_date_format", "rewards are computed by the chain's own parameters"},
	{"CONF", "global_timeout", "a menu waits for as long as you do"},
	{"CONF", "global_periodic_time", "blocks are followed as they come; see poll_interval for nodes without a websocket"},
	{"IDS", "whitelisted_ips", "it was never read"},
	{"LOGS", "logon_paths", "it was never read"},
	{"LOGS", "relay_paths", "it was never read"},
	{"IDS", "allowed_ids", "say who may what with access.admins and access.investors"},
	{"IDS", "notified_ids", "who is told of alerts says so in the chat"},
}

// rest says why the other keys have no counterpart.
func (m *importer) rest() {
	for _, key := range lost {
		if v, found := m.original.values[foldOriginal(key.section, key.key)]; found {
			m.note("%s: %s", v.name, key.why)
		}
		m.used[foldOriginal(key.section, key.key)] = true
	}
	slices.Sort(m.original.order)
	for _, id := range m.original.order {
		if !m.used[id] {
			m.note("%s: the original did not know it either", clip(m.original.values[id].name))
		}
	}
}
