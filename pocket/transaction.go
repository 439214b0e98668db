package pocket

// A Transaction is what one signed transaction did, whether it succeeded or failed.
type Transaction struct {
	At
	Position   int    // its place among the block's transactions, from 0
	Code       uint32 // 0 when it succeeded
	Codespace  string // whose Code it is, such as "sdk"
	Log        string // the chain's words when it failed
	GasWanted  int64
	GasUsed    int64
	Fee        Upokt
	FeePayer   Address
	Memo       string   // free text of its signer
	Messages   []string // type URLs, such as /cosmos.bank.v1beta1.MsgSend
	Transfers  []Transfer
	MemoAbsent bool // Memo and Messages are unknown: the source gave the result without the signed bytes
}

// A Transfer is coins going from one account to another.
type Transfer struct {
	From, To Address
	Amount   Upokt
}

// Failed reports whether the transaction was included but had no effect beyond its fee.
func (t Transaction) Failed() bool { return t.Code != 0 }
