package build

import (
	"os"
	"testing"

	"github.com/dashc/dashc/lib/evaluate"
)

func TestMain(m *testing.M) {
	if evaluate.IsWorker() {
		evaluate.RunWorker()
	}
	os.Exit(m.Run())
}
