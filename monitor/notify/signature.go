package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader is the header of a webhook's request that holds its signature: "t=1795132744,v1=5f2c…", where t is when it was sent, in
// Unix seconds, and v1 the HMAC-SHA256 under the shared secret of t, a point and the body, in lower-case hexadecimal digits.
const SignatureHeader = "Poktbot-Signature"

// ErrSignature is what [Verify] answers for a request that is not to be trusted.
var ErrSignature = errors.New("signature does not hold")

// Sign returns the value of [SignatureHeader] for a body sent at a moment.
func Sign(secret string, body []byte, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(digest(secret, seconds, body))
}

// Verify returns nil if header is the signature of body under secret, made no longer than tolerance before or after now, and otherwise an error
// that wraps [ErrSignature] and says why. It is for those who receive webhooks: call it with the body as it came, before decoding it.
func Verify(secret, header string, body []byte, now time.Time, tolerance time.Duration) error {
	var seconds string
	var macs [][]byte
	for field := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "t":
			seconds = value
		case "v1":
			if mac, err := hex.DecodeString(value); err == nil {
				macs = append(macs, mac)
			}
		}
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || len(macs) == 0 {
		return fmt.Errorf("%w: the header is not t=SECONDS,v1=DIGITS", ErrSignature)
	}
	if age := now.Sub(time.Unix(unix, 0)); age.Abs() > tolerance {
		return fmt.Errorf("%w: it was made %s from now", ErrSignature, age.Round(time.Second))
	}
	want := digest(secret, seconds, body)
	for _, mac := range macs { // several while a secret is exchanged
		if hmac.Equal(mac, want) {
			return nil
		}
	}
	return fmt.Errorf("%w: the body is another, or the secret is", ErrSignature)
}

func digest(secret, seconds string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
