package pockettest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// The module accounts, which are the same on every Shannon chain.
const (
	supplierModule     = "pokt1j40dzzmn6cn9kxku7a5tjnud6hv37vesr5ccaa"
	applicationModule  = "pokt1rl3gjgzexmplmds3tq3r3yk84zlwdl6djzgsvm"
	tokenomicsModule   = "pokt14cvnmzrt9cz4qdf5lhs0xn3u0a3gymla9cc6ft"
	proofModule        = "pokt1c8x6ycmzs29kjfn9zgzjh97txu578vzj4ahzhh"
	feeCollector       = "pokt17xpfvakm2amg962yls6f84z3kell8c5ldlu5h9"
	distributionModule = "pokt1jv65s3grqf6v6jl3dp4t6c9t9rk99cd86emg48"
	mintModule         = "pokt1m3h30wlvsf8llruxtpukdvsy0km2kum84hcvmc"
	migrationModule    = "pokt13fkw44pctm2rjsj8kutf97mjnvzk878pedy3xu"
)

// A cast is who takes part in a chain. It does not change while the chain lives; what becomes of its suppliers is in their lives.
type cast struct {
	dao          pocket.Address
	owners       []pocket.Address
	wallets      []pocket.Address
	spendthrift  pocket.Address // whose transfers fail, for want of funds
	services     []service
	applications []application
	suppliers    []supplier
	validators   []validator
	gateway      pocket.Address
	genesis      map[string]pocket.Upokt // balances before block 1

	supplierOf, applicationOf map[pocket.Address]int
	servedBy                  [][]int // for each service, who serves it
}

type service struct {
	pocket.Service
	shift uint // one in 2^shift relays is mined
}

type application struct {
	address pocket.Address
	service int
	weight  int64 // of all weights, which sum to 1000
	stake   pocket.Upokt
}

type supplier struct {
	operator, owner pocket.Address
	services        []int // sorted by their ids
	shares          []pocket.RevShare
	quality         int64 // relays served in per mille of the mean
	stake           pocket.Upokt
	configs         []pocket.ServiceConfig
}

type validator struct {
	operator, account, delegator pocket.Address
	key                          []byte // ed25519
	hexAddress                   string
	stake                        pocket.Upokt // a tenth is delegated
}

// knownServices are ids as they occur on mainnet; every name says that it is simulated. Services admit no parentheses in names.
var knownServices = []struct{ id, name string }{
	{"eth", "Ethereum"}, {"base", "Base"}, {"poly", "Polygon"}, {"arb-one", "Arbitrum One"}, {"solana", "Solana"}, {"bsc", "BNB Chain"},
	{"op", "Optimism"}, {"avax", "Avalanche"}, {"gnosis", "Gnosis"}, {"near", "NEAR"}, {"sui", "Sui"}, {"osmosis", "Osmosis"},
}

func newCast(c Config) *cast {
	k := &cast{genesis: map[string]pocket.Upokt{}, supplierOf: map[pocket.Address]int{}, applicationOf: map[pocket.Address]int{}}
	k.dao = account(c.Seed, "dao", 0)
	k.gateway = account(c.Seed, "gateway", 0)
	k.spendthrift = account(c.Seed, "spendthrift", 0)
	k.fund(k.dao, pocket.POKT(1_000_000))
	k.fund(k.spendthrift, pocket.POKT(10))
	for i := range c.Owners {
		k.owners = append(k.owners, account(c.Seed, "owner", i))
		k.fund(k.owners[i], pocket.POKT(2_000_000))
	}
	for i := range c.Wallets {
		k.wallets = append(k.wallets, account(c.Seed, "wallet", i))
		k.fund(k.wallets[i], pocket.POKT(20_000_000))
	}
	k.addServices(c)
	k.addApplications(c)
	k.addSuppliers(c)
	for i := range c.Validators {
		k.addValidator(c, i)
	}
	k.fundModules()
	return k
}

func (k *cast) fund(who pocket.Address, amount pocket.Upokt) { k.genesis[who.String()] += amount }

// fundModules gives the modules what the stakes of the beginning would have left with them, and room for suppliers that join later.
func (k *cast) fundModules() {
	var staked pocket.Upokt
	for _, s := range k.suppliers {
		staked += s.stake
	}
	k.genesis[supplierModule] = staked
	k.genesis[applicationModule] = pocket.POKT(500_000_000)
}

func (k *cast) addServices(c Config) {
	for i := range c.Services {
		id, name := fmt.Sprintf("svc%d", i+1), fmt.Sprintf("Service %d", i+1)
		if i < len(knownServices) {
			id, name = knownServices[i].id, knownServices[i].name
		}
		d := throw(c.Seed, forService, uint64(i))
		k.services = append(k.services, service{
			Service: pocket.Service{
				ID: pocket.ServiceID(id), Name: name + " simulated",
				ComputeUnitsPerRelay: d.between(3, 40) * 100,
				Owner:                account(c.Seed, "service owner", i%3),
			},
			shift: uint(d.below(4)),
		})
	}
	slices.SortFunc(k.services, func(a, b service) int { return strings.Compare(string(a.ID), string(b.ID)) })
	k.servedBy = make([][]int, len(k.services))
}

func (k *cast) addApplications(c Config) {
	left := int64(1000)
	for i := range c.Applications {
		weight := left / int64(c.Applications-i)
		if i < c.Applications-1 { // the first are the busiest
			weight = min(left, weight*3/2)
		}
		left -= weight
		a := application{
			address: account(c.Seed, "application", i), service: i % c.Services,
			weight: weight, stake: pocket.POKT(2_000),
		}
		k.applications = append(k.applications, a)
		k.applicationOf[a.address] = i
		k.fund(a.address, pocket.POKT(20_000_000)) // for many new stakes
	}
}

func (k *cast) addSuppliers(c Config) {
	for i := range c.Suppliers {
		d := throw(c.Seed, forSupplier, uint64(i))
		s := supplier{
			operator: account(c.Seed, "operator", i), owner: k.owners[i%len(k.owners)],
			quality: d.between(500, 1500), stake: pocket.POKT(60_000) + pocket.POKT(d.below(10)*100),
		}
		first := i % c.Services
		for offset := range max(1, min(c.Services, 1+int(d.below(int64(c.Services))))) {
			s.services = append(s.services, (first+offset)%c.Services)
		}
		slices.Sort(s.services)
		s.shares = k.shares(c, i, s, &d)
		for _, v := range s.services {
			k.servedBy[v] = append(k.servedBy[v], i)
			s.configs = append(s.configs, pocket.ServiceConfig{
				Service:   k.services[v].ID,
				Endpoints: []pocket.Endpoint{{URL: fmt.Sprintf("https://relay%d.simulated.example:443", i+1), RPCType: "JSON_RPC"}},
				RevShares: s.shares,
			})
		}
		k.suppliers = append(k.suppliers, s)
		k.supplierOf[s.operator] = i
		k.fund(s.operator, pocket.POKT(1_000))
	}
}

// shares says who gets what supplier i earns: its operator a little, its owner most of it, and investors the rest.
func (k *cast) shares(c Config, i int, s supplier, d *dice) []pocket.RevShare {
	n := int64(c.RevShares)
	if n <= 0 {
		n = d.between(1, 3)
	}
	if n == 1 {
		return []pocket.RevShare{{Address: s.owner, Percent: 100}}
	}
	shares := []pocket.RevShare{{Address: s.operator, Percent: d.between(2, 10)}, {Address: s.owner}}
	left := 100 - shares[0].Percent
	for j := int64(2); j < n && left > 1; j++ {
		percent := min(d.between(5, 25), left-1)
		shares = append(shares, pocket.RevShare{Address: account(c.Seed, "investor", (i+int(j))%(len(k.owners)+3)), Percent: percent})
		left -= percent
	}
	shares[1].Percent = left
	return shares
}

func (k *cast) addValidator(c Config, i int) {
	raw, key := digest(c.Seed, "validator", uint64(i)), digest(c.Seed, "consensus key", uint64(i))
	operator, err := pocket.ValidatorFromBytes(raw[:20])
	if err != nil {
		panic("pockettest: " + err.Error()) // 20 bytes always make an address
	}
	hash := sha256Sum(key[:])
	k.validators = append(k.validators, validator{
		operator: operator, account: account(c.Seed, "validator", i), delegator: account(c.Seed, "delegator", i),
		key: key[:], hexAddress: strings.ToUpper(hex.EncodeToString(hash[:20])),
		stake: pocket.POKT(1_000_000 / int64(i+1)),
	})
}

// account returns the address of the i-th actor of a role.
func account(seed uint64, role string, i int) pocket.Address {
	raw := digest(seed, role, uint64(i))
	address, err := pocket.AccountFromBytes(raw[:20])
	if err != nil {
		panic("pockettest: " + err.Error()) // 20 bytes always make an address
	}
	return address
}
