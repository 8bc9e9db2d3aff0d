package proof

import "crypto/sha256"

func sha(t string) []byte {
	sum := sha256.Sum256([]byte(t))
	return sum[:]
}
