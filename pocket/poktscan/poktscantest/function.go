package poktscantest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// functions are the sums that are reckoned here. Bounds are inclusive, zones are dropped, and of nothing the series are null.
var functions = map[string]func(*Server, map[string]any) (any, error){
	"getRewardsByAddressesAndTime":                         (*Server).rewardsTotal,
	"getRewardsOfAddressesBySuppliersAndTime":              (*Server).rewardsTotal,
	"getRewardsByAddressesAndTimeGroupByAddressAndDate":    (*Server).rewardsByDate,
	"getRewardsBySuppliersAndTimeGroupByAddressAndDate":    (*Server).rewardsByDate,
	"getRewardsByAddressesAndTimeGroupByService":           (*Server).rewardsByService,
	"legacyRewardsByAddressesAndTime":                      (*Server).rewardsTotal,
	"legacyRewardsOfAddressesBySuppliersAndTime":           (*Server).rewardsTotal,
	"legacyRewardsByAddressesAndTimeGroupByAddressAndDate": (*Server).rewardsByDate,
	"legacyRewardsBySuppliersAndTimeGroupByAddressAndDate": (*Server).rewardsByDate,
	"legacyRewardsByAddressesAndTimeGroupByService":        (*Server).rewardsByService,
}

func (s *Server) function(name string, args map[string]any) ([]byte, error) {
	value, err := functions[name](s, args)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// A leg is a payment with what is known of its claim.
type leg struct {
	recipient, supplier, service string
	at                           string
	amount                       int64
	claim                        int // its row, -1 for none
}

// legs returns the payments to the addresses between two moments, both inclusive.
func (s *Server) legs(args map[string]any) []leg {
	start, end := cmpText(args, "startDate", "startTs"), cmpText(args, "endDate", "endTs")
	if start == "" || end == "" {
		return nil
	}
	paid, claims, blocks := s.tables["modToAcctTransfers"], s.tables["eventClaimSettleds"], s.tables["blocks"]
	suppliers := texts(args["supplierAddresses"])
	var list []leg
	for _, address := range texts(args["addresses"]) {
		for _, row := range paid.by("recipientId", address) {
			if !s.visible(paid, row) {
				continue
			}
			found := blocks.by("id", paid.value(row, "blockId"))
			if len(found) == 0 {
				continue
			}
			l := leg{recipient: address, at: blocks.value(found[0], "timestamp"), claim: -1}
			if at := zoneless(l.at); at < zoneless(start) || at > zoneless(end) {
				continue
			}
			l.amount, _ = strconv.ParseInt(paid.value(row, "amount"), 10, 64)
			if of := claims.by("id", paid.value(row, "eventClaimSettledId")); len(of) > 0 {
				l.claim, l.supplier, l.service = of[0], claims.value(of[0], "supplierId"), claims.value(of[0], "serviceId")
			}
			if len(suppliers) == 0 || slices.Contains(suppliers, l.supplier) {
				list = append(list, l)
			}
		}
	}
	return list
}

func cmpText(args map[string]any, names ...string) string {
	for _, name := range names {
		if v, ok := args[name]; ok {
			return fmt.Sprint(v)
		}
	}
	return ""
}

func (s *Server) rewardsTotal(args map[string]any) (any, error) {
	total := int64(0)
	for _, l := range s.legs(args) {
		total += l.amount
	}
	return strconv.FormatInt(total, 10), nil
}

func (s *Server) rewardsByDate(args map[string]any) (any, error) {
	sums := map[[2]string]int64{}
	for _, l := range s.legs(args) {
		date, err := truncate(l.at, fmt.Sprint(args["truncInterval"]))
		if err != nil {
			return nil, err
		}
		sums[[2]string{date, l.recipient}] += l.amount
	}
	var list []map[string]any
	for _, key := range slices.SortedFunc(maps.Keys(sums), func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) }) {
		list = append(list, map[string]any{"date_truncated": key[0], "address": key[1], "total_amount": sums[key]})
	}
	return list, nil // nil is null
}

// truncate is PostgreSQL's date_trunc, in UTC.
func truncate(at, interval string) (string, error) {
	t, err := time.Parse("2006-01-02T15:04:05.999", at)
	if err != nil {
		return "", &fault{"22007", "invalid input syntax for type timestamp: " + at}
	}
	switch interval {
	case "minute":
		t = t.Truncate(time.Minute)
	case "hour":
		t = t.Truncate(time.Hour)
	case "day", "week", "month":
		day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		switch interval {
		case "week":
			day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		case "month":
			day = day.AddDate(0, 0, 1-day.Day())
		}
		t = day
	default:
		return "", &fault{"22023", fmt.Sprintf("unit %q not recognized for type timestamp without time zone", interval)}
	}
	return t.Format("2006-01-02T15:04:05"), nil
}

// rewardsByService lists only services that are configured now on staked suppliers of the addresses, and counts a claim's relays and gross
// rewards once for each payment: those are the faults of the real one.
func (s *Server) rewardsByService(args map[string]any) (any, error) {
	configs, suppliers, claims := s.tables["supplierServiceConfigs"], s.tables["suppliers"], s.tables["eventClaimSettleds"]
	rows := map[string]map[string]int64{}
	for _, address := range texts(args["addresses"]) {
		for row := range configs.rows {
			of := suppliers.by("id", configs.value(row, "supplierId"))
			if len(of) == 0 || suppliers.value(of[0], "stakeStatus") != "Staked" || !strings.Contains(configs.value(row, "revShare"), address) {
				continue
			}
			rows[configs.value(row, "serviceId")] = map[string]int64{}
		}
	}
	for _, l := range s.legs(args) {
		sums := rows[l.service]
		if sums == nil || l.claim < 0 {
			continue
		}
		sums["net_rewards"] += l.amount
		for field, column := range map[string]string{"gross_rewards": "settledAmount", "relays": "numRelays", "estimated_relays": "numEstimatedRelays"} {
			n, _ := strconv.ParseInt(claims.value(l.claim, column), 10, 64)
			sums[field] += n
		}
	}
	var list []map[string]any
	for _, service := range slices.Sorted(maps.Keys(rows)) {
		object := map[string]any{"service_id": service, "net_rewards": 0, "gross_rewards": 0, "relays": 0, "estimated_relays": 0}
		for name, sum := range rows[service] {
			object[name] = sum
		}
		list = append(list, object)
	}
	return list, nil
}
