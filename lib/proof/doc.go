// Package proof reads the final bytes of one customer's files and shows that they query that
// customer only, or says where it cannot show it. It never repairs and never trusts: what it
// does not know is refused. It shares no code with what writes the files but Prometheus' parser,
// so that one mistake cannot be made twice; docs/tenancy.md tells what is proven and what is not.
package proof
