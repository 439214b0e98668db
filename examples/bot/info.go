package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/poktbot/poktbot/pocket"
	"github.com/poktbot/poktbot/rbac"
	"github.com/poktbot/poktbot/report"
)

// Version returns the version that the program was built from: a tag, or the revision when there is none.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development"
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
				version += " " + setting.Value[:12]
			}
		}
	}
	return version
}

// behind is how many blocks the index may be behind the chain before /info says so.
const behind = 3

func (c *call) info() error {
	if len(c.args) > 0 {
		return usage("/info takes nothing")
	}
	b := c.bot
	text := Text{Title: "PoktBot " + Version()}
	line := func(format string, args ...any) { text.Lines = append(text.Lines, fmt.Sprintf(format, args...)) }
	if b.simulated {
		line("simulated: the chain, its nodes and all amounts are made up")
	}
	cursor, err := b.index.Cursor(c.ctx)
	if err != nil {
		return fmt.Errorf("info: %w", err)
	}
	stored, err := b.index.LastUpdate(c.ctx)
	if err != nil {
		return fmt.Errorf("info: %w", err)
	}
	watched, err := c.nodesSeen()
	if err != nil {
		return err
	}
	status, unasked := b.status(c.ctx)
	if cause := context.Cause(c.ctx); cause != nil {
		return cause
	}
	if unasked != nil {
		line("chain: cannot be asked now: %v", unasked)
	} else {
		age := ""
		if d := b.now().Sub(status.LatestTime); d > time.Minute {
			age = ", " + report.Duration(d) + " ago"
		}
		software := "CometBFT " + report.Line(status.Version, 40)
		if b.client == nil {
			software = "Morse " + report.Line(status.Version, 40)
		}
		line("chain: %s, block %s%s; the node runs %s and has blocks from %s on", report.Line(status.ChainID, 60), report.Count(int64(status.Latest)), age,
			software, report.Count(int64(status.Earliest)))
		if status.CatchingUp {
			line("⚠ the node itself is catching up with its chain")
		}
	}
	switch lag := status.Latest - cursor; {
	case cursor == 0:
		line("index: nothing yet")
	case unasked == nil && lag > behind:
		line("⚠ index: block %s, %s behind", report.Count(int64(cursor)), counted(int64(lag), "block"))
	default:
		line("index: block %s", report.Count(int64(cursor)))
	}
	if cursor > 0 {
		known, err := b.known(c.ctx, cursor)
		if err != nil {
			return err
		}
		text.Lines = append(text.Lines, known...)
	}
	if !stored.IsZero() {
		line("last stored: %s", stored.In(c.zone).Format(c.dates.Go()+" 15:04:05")+" "+c.zone.String())
	}
	if b.client != nil && b.morse != nil {
		if cursor, err := b.morseStore.Cursor(c.ctx); err == nil {
			line("Morse: indexed up to block %s", report.Count(int64(cursor)))
		}
	}
	if b.feed != nil {
		if asOf, err := b.feed.AsOf(c.ctx); err != nil {
			line("⚠ PoktScan: %s", report.Line(err.Error(), 200))
		} else {
			line("PoktScan: %s", report.Line(asOf.String(), 200))
		}
	}
	if c.may(rbac.ManageNodes) {
		line("database: %s; keeps %s", b.databaseName(), map[Mode]string{Watched: "what concerns the nodes watched", Everything: "every settlement"}[b.config.Mode])
	}
	line("watching: %s, %s", plural(len(watched), "node"), plural(len(c.wallets), "wallet"))
	line("days: %s; %s on %s/%s", c.zone, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return c.say(text)
}

// status is what the leading chain's node says of itself.
func (b *Bot) status(ctx context.Context) (pocket.Status, error) {
	if b.client == nil {
		return b.morse.Status(ctx)
	}
	return b.client.Status(ctx)
}

// known says from which block on the index knows what concerns the watched nodes, and what it lacks after that.
func (b *Bot) known(ctx context.Context, cursor pocket.Height) ([]string, error) {
	missing, err := b.leading().Missing(ctx, 1, cursor, false)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	var lines []string
	from := pocket.Height(1)
	for i, r := range missing {
		if i == 0 && r.From == 1 {
			from = r.To + 1
			continue
		}
		lines = append(lines, fmt.Sprintf("⚠ unknown: blocks %s to %s, which no node asked had any more", report.Count(int64(r.From)), report.Count(int64(r.To))))
	}
	if from > cursor {
		return []string{"the past is not read yet"}, nil
	}
	return append([]string{"known: from block " + report.Count(int64(from)) + " on"}, lines...), nil
}

// databaseName says where the index lives, without a password.
func (b *Bot) databaseName() string {
	if b.config.isPostgres() {
		return "PostgreSQL at " + b.config.Database.Host()
	}
	return "SQLite in " + report.Line(b.config.Database.Reveal(), 120)
}

func (c *Config) isPostgres() bool { return isPostgres(c.Database.Reveal()) }

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// paceBlocks is over how many blocks the time between two is averaged.
const paceBlocks = 500

// paceKept is how long a pace that was looked up is believed.
const paceKept = 10 * time.Minute

// pace returns the chain's newest block and the time between two blocks, as it was lately.
func (b *Bot) pace(ctx context.Context) (head pocket.Block, pace time.Duration, err error) {
	if b.client == nil {
		return head, 0, errNoChain
	}
	status, err := b.client.Status(ctx)
	if err != nil {
		return head, 0, err
	}
	head = pocket.Block{Height: status.Latest, Time: status.LatestTime, ChainID: status.ChainID}
	b.mu.Lock()
	pace, at := b.pacing, b.pacedAt
	b.mu.Unlock()
	if pace > 0 && b.now().Sub(at).Abs() < paceKept {
		return head, pace, nil
	}
	before := max(status.Earliest, 1, status.Latest-paceBlocks)
	if before >= status.Latest {
		return head, time.Minute, nil // a chain of one block has no pace yet
	}
	for block, err := range b.client.Headers(ctx, before, before) {
		if err != nil {
			return head, 0, err
		}
		pace = head.Time.Sub(block.Time) / time.Duration(head.Height-block.Height)
	}
	if pace <= 0 {
		return head, 0, fmt.Errorf("blocks %d and %d have no time between them: %w", before, head.Height, pocket.ErrMalformed)
	}
	b.mu.Lock()
	b.pacing, b.pacedAt = pace, b.now()
	b.mu.Unlock()
	return head, pace, nil
}

// when says at about what time a height comes, ", about 2026-11-22 15:04", and nothing when that cannot be told.
func (b *Bot) when(ctx context.Context, h pocket.Height) string {
	head, pace, err := b.pace(ctx)
	if err != nil {
		return ""
	}
	at := head.Time.Add(time.Duration(h-head.Height) * pace)
	return ", about " + at.In(b.zone).Format(b.config.Dates.Go()+" 15:04")
}

// nothingYet says that there is nothing to show, since when there could be, and when the next settlement comes.
func (c *call) nothingYet(filter pocket.Filter) error {
	text := Text{Title: "No settlement yet of " + whose(filter)}
	cursor, err := c.bot.index.Cursor(c.ctx)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if cursor == 0 {
		text.Lines = append(text.Lines, "The chain was not read yet.")
		return c.say(text)
	}
	known, err := c.bot.known(c.ctx, cursor)
	if err != nil {
		return err
	}
	text.Lines = append(append(text.Lines, "What is indexed goes up to block "+report.Count(int64(cursor))+"."), known...)
	if next, err := c.nextSettlement(); err == nil {
		text.Lines = append(text.Lines, next)
	} else if errors.Is(err, context.Canceled) {
		return err
	}
	text.Lines = append(text.Lines, "A node earns once an application's session has chosen it, it has served, claimed and proven, and that session has settled.")
	return c.say(text)
}

// nextSettlement says when claims settle next.
func (c *call) nextSettlement() (string, error) {
	head, pace, err := c.bot.pace(c.ctx)
	if err != nil {
		return "", err
	}
	params, err := c.bot.client.SharedParams(c.ctx, 0)
	if err != nil {
		return "", err
	}
	for h := head.Height + 1; h <= head.Height+pocket.Height(max(params.BlocksPerSession, 0)); h++ {
		if session, settles := params.SettlesAt(h); settles {
			return fmt.Sprintf("The next session to settle is number %d, at block %s, in %s.", session.Number, report.Count(int64(h)),
				about(time.Duration(h-head.Height)*pace)), nil
		}
	}
	return "", fmt.Errorf("no settlement within a session: %w", pocket.ErrMalformed)
}
