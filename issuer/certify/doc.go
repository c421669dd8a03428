// Package certify gets the certificate that names an issuer's key, by ACME (RFC 8555).
//
// The certificate is wanted for what it says, and never serves anything: its private key and
// the account at the authority are made for one call and thrown away, so a call that was
// interrupted is made again from the start.
package certify
