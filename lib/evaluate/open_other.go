//go:build !unix

package evaluate

const nonBlocking = 0

func isNotDirectory(error) bool { return false }
