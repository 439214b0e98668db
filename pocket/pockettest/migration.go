package pockettest

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// Every supplier was a node on Morse once, with a stake and a little balance that wait to be claimed: see [Migrate].

const (
	morseStake   = 15_000 * pocket.UpoktPerPOKT
	morseBalance = 25 * pocket.UpoktPerPOKT
)

// Morse returns the Morse addresses of a supplier: of its node, and of the output that the node's rewards went to, which the suppliers of an
// owner have in common. They are zero for what is no supplier of this chain.
func (c *Chain) Morse(operator pocket.Address) (node, output pocket.Address) {
	w, _ := c.now()
	i, ok := w.supplierOf[operator]
	if !ok {
		return pocket.Address{}, pocket.Address{}
	}
	return w.morse(i)
}

func (w *world) morse(i int) (node, output pocket.Address) {
	of := func(word string, who pocket.Address) pocket.Address {
		hash := sha256Sum(append(strconv.AppendUint([]byte("simulated Morse "+word), w.cfg.Seed, 10), who.Bytes()...))
		return pocket.MustParseAddress(hex.EncodeToString(hash[:20]))
	}
	return of("node", w.suppliers[i].operator), of("output", w.suppliers[i].owner)
}

// migrate adds what the supplier had on Morse to its stake.
func (b *biographer) migrate(t turn) {
	if !b.now.staked || b.now.unstakeEnd > 0 || b.life.migrated > 0 {
		return
	}
	b.life.migrated = t.height
	b.now.stake += morseStake
	b.act(t.height, actMigrate, morseStake)
	b.enter(t.height)
}

// claimMorseSupplier claims a Morse node for a supplier.
type claimMorseSupplier struct {
	stakeSupplier
	node, output pocket.Address
}

func (claimMorseSupplier) url() string { return "/pocket.migration.MsgClaimMorseSupplier" }
func (m claimMorseSupplier) encode() protobuf {
	return protobuf(nil).text(1, m.supplier.Owner.String()).text(2, m.supplier.Operator.String()).text(6, m.signer.String()).
		message(7, m.node.Bytes())
}

func (m claimMorseSupplier) form() any {
	return struct {
		Signer   string `json:"shannon_signing_address"`
		Owner    string `json:"shannon_owner_address"`
		Operator string `json:"shannon_operator_address"`
		Key      []byte `json:"morse_public_key"`
	}{m.signer.String(), m.supplier.Owner.String(), m.supplier.Operator.String(), m.node.Bytes()}
}

func (m claimMorseSupplier) events() []wireEvent {
	minted := (m.added + morseBalance).Coin()
	events := []wireEvent{
		sdk("coin_received", "receiver", migrationModule, "amount", minted),
		sdk("coinbase", "minter", migrationModule, "amount", minted),
	}
	events = append(events, moved(migrationModule, m.supplier.Owner.String(), minted)...)
	events = append(events, moved(m.supplier.Owner.String(), supplierModule, m.added.Coin())...)
	return append(events, supplierStaked{m.supplier.Operator, m.sessionEnd}, morseSupplierClaimed{m})
}

func (m claimMorseSupplier) count() int { return len(m.events()) }

type morseSupplierClaimed struct{ claimMorseSupplier }

func (morseSupplierClaimed) name() string { return "pocket.migration.EventMorseSupplierClaimed" }
func (e morseSupplierClaimed) write(a *attributes) {
	a.text("claim_signer_type", "MORSE_SUPPLIER_CLAIM_SIGNER_TYPE_CUSTODIAL_SIGNED_BY_OWNER")
	a.coin("claimed_balance", morseBalance)
	a.coin("claimed_supplier_stake", e.added)
	a.text("morse_node_address", upperHex(e.node))
	a.text("morse_output_address", upperHex(e.output))
	a.number("session_end_height", int64(e.sessionEnd))
	a.bare("supplier", string(mustJSON(supplierForm(e.supplier, false))))
}

func (e morseSupplierClaimed) truth(at pocket.At) pocket.Event {
	return pocket.Migration{
		At: at, As: pocket.MigratedSupplier, Morse: e.node, MorseOutput: e.output, Destination: e.supplier.Operator, Owner: e.supplier.Owner,
		Balance: morseBalance, Stake: e.added, SessionEnd: e.sessionEnd,
	}
}

func upperHex(morse pocket.Address) string { return strings.ToUpper(morse.String()) }

type claimableJSON struct {
	Destination      string   `json:"shannon_dest_address"`
	Node             string   `json:"morse_src_address"`
	Balance          coinJSON `json:"unstaked_balance"`
	SupplierStake    coinJSON `json:"supplier_stake"`
	ApplicationStake coinJSON `json:"application_stake"`
	ClaimedAt        string   `json:"claimed_at_height"`
	Output           string   `json:"morse_output_address"`
}

// claimable returns the Morse account of supplier i after the state's block.
func (s *state) claimable(i int) claimableJSON {
	node, output := s.w.morse(i)
	c := claimableJSON{
		Node: upperHex(node), Output: upperHex(output), Balance: coinOf(morseBalance), SupplierStake: coinOf(morseStake),
		ApplicationStake: coinOf(0), ClaimedAt: "0",
	}
	if at := s.w.lives[i].migrated; at > 0 && at <= s.h {
		c.Destination, c.ClaimedAt = s.w.suppliers[i].operator.String(), heightText(at)
	}
	return c
}

func morseClaimables(s *state) (json.RawMessage, *restError) {
	p, failed := s.paging()
	if failed != nil {
		return nil, failed
	}
	var all []claimableJSON
	for i := range s.w.suppliers {
		all = append(all, s.claimable(i))
	}
	slices.SortFunc(all, func(a, b claimableJSON) int { return strings.Compare(a.Node, b.Node) })
	page, pagination := cut(p, all, func(c claimableJSON) string { return c.Node })
	return object("morseClaimableAccount", list(page, func(c claimableJSON) any { return c }), "pagination", pagination), nil
}

func oneMorseClaimable(s *state) (json.RawMessage, *restError) {
	for i := range s.w.suppliers {
		if c := s.claimable(i); c.Node == s.r.PathValue("address") {
			return object("morseClaimableAccount", c), nil
		}
	}
	return nil, restFailure(grpcNotFound, "not found")
}
