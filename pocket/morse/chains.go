package morse

import (
	"strings"

	"github.com/poktbot/poktbot/pocket"
)

// ChainName returns the name of a chain by its number on Morse: "Ethereum" for "0021". The chain itself knows no names: these are from
// public lists of 2022 to 2024, for display only. Of challenges ([ClaimKey.Service]) it says so.
func ChainName(id pocket.ServiceID) (string, bool) {
	number, challenge := strings.CutSuffix(strings.ToUpper(string(id)), strings.ToUpper(challengeSuffix))
	name, ok := chainNames[number]
	if ok && challenge {
		name += " challenges"
	}
	return name, ok
}

var chainNames = map[string]string{
	"0001": "Pocket Network",
	"0002": "Bitcoin",
	"0003": "Avalanche",
	"0004": "BSC",
	"0005": "FUSE",
	"0006": "Solana",
	"0009": "Polygon",
	"000A": "FUSE Archival",
	"000B": "Polygon Archival",
	"000C": "Gnosis Archival",
	"000D": "Algorand Archival",
	"000E": "Avalanche Fuji",
	"000F": "Polygon Mumbai",
	"0010": "BSC Archival",
	"0011": "BSC Testnet",
	"0012": "BSC Testnet Archival",
	"0021": "Ethereum",
	"0022": "Ethereum Archival",
	"0023": "Ropsten",
	"0024": "Kovan",
	"0025": "Rinkeby",
	"0026": "Goerli",
	"0027": "Gnosis",
	"0028": "Ethereum Archival Trace",
	"0029": "Algorand",
	"0030": "Arweave",
	"0031": "Solana Testnet",
	"0040": "Harmony Shard 0",
	"0041": "Harmony Shard 1",
	"0042": "Harmony Shard 2",
	"0043": "Harmony Shard 3",
	"0044": "IoTeX",
	"0045": "Algorand Testnet",
	"0046": "Evmos",
	"0047": "OKExChain",
	"0048": "Boba",
	"0049": "Fantom",
	"0050": "Moonbeam",
	"0051": "Moonriver",
	"0052": "NEAR",
	"0053": "Optimism",
	"0054": "Osmosis",
	"0056": "Klaytn",
	"0058": "Metis",
	"0059": "Dogechain",
	"0060": "Starknet",
	"0062": "Ethereum High Gas",
	"0063": "Goerli Archival",
	"0065": "Celo",
	"0066": "Arbitrum One",
	"0067": "Velas",
	"0069": "Oasys Archival",
	"0070": "Oasys",
	"0071": "Kava",
	"0072": "Kava Archival",
	"0074": "Polygon zkEVM",
	"0075": "Scroll Testnet",
	"0076": "Sui",
	"0077": "Sepolia",
	"0078": "Sepolia Archival",
	"0079": "Base",
	"0080": "Base Testnet",
	"0081": "Holesky",
	"0082": "Scroll",
	"0083": "Radix",
	"00A3": "Avalanche Archival",
	"00AF": "Polygon Mumbai Archival",
	"03CB": "Swimmer",
	"03DF": "DFKchain Subnet",
	"0A40": "Harmony Shard 0 Archival",
	"0A41": "Harmony Shard 1 Archival",
	"0A42": "Harmony Shard 2 Archival",
	"0A43": "Harmony Shard 3 Archival",
	"0A45": "Algorand Testnet Archival",
	"A003": "Avalanche Archival",
	"A053": "Optimism Archival",
	"A0CA": "Celestia Archival",
	"C006": "Solana Custom",
	"F001": "Arbitrum One",
	"F002": "Arbitrum Sepolia",
}
