package build

import (
	"context"
	"fmt"
	"testing"

	"github.com/dashc/dashc/lib/artifact"
	"github.com/dashc/dashc/lib/project"
	"github.com/dashc/dashc/lib/proof"
)

// TestEveryVerdictCounts proves files of which none can be proven: each must be told, also those
// whose verdicts come last, and always in the same order.
func TestEveryVerdictCounts(t *testing.T) {
	m := &members{shards: 1}
	tree := tree{}
	for i := range 100 {
		c := member{Customer: project.Customer{ID: project.CustomerID(fmt.Sprint("c", i)), Slug: project.Slug(fmt.Sprint("c", i)), Name: fmt.Sprint("C ", i)}, shard: "00"}
		m.list = append(m.list, c)
		tree.artifacts = append(tree.artifacts, artifact.Artifact{Path: place(c, "jobs"), Kind: artifact.Dashboard, Customer: string(c.Slug), Bytes: []byte("{"), Proof: provenText})
	}
	tree.artifacts = append(tree.artifacts, artifact.Artifact{Path: rulesPlace("00"), Kind: artifact.Alerting, Bytes: []byte("{"), Proof: provenText})
	v := &variants{members: m, prover: proof.New(proof.Tree{Label: "customer_id"})}
	var first []string
	for range 5 {
		findings, err := v.proveAll(context.Background(), tree, 4, func(artifact.Path) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		for _, f := range findings {
			files = append(files, f.Artifact)
		}
		if len(files) != len(tree.artifacts) {
			t.Fatalf("%d files were found, not %d", len(files), len(tree.artifacts))
		}
		if first == nil {
			first = files
		}
		if fmt.Sprint(files) != fmt.Sprint(first) {
			t.Fatal("the order of the findings changes")
		}
	}
}
