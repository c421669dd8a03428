// Package identity tells, offline, which domain named an issuer's key: by a web certificate
// that public logs recorded, or by signed DNS records.
package identity
