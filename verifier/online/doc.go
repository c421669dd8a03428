// Package online is all that verifying does over the network besides asking RPC servers
// (see verifier/live): it fetches issuers' keys and the lists in which they say what was
// revoked. A verifier that is not told to use it asks nobody.
//
// The addresses come out of credentials, whose authors may be hostile. So a [Fetcher] asks
// public addresses only, by https, within bounds of size, time and number, and sends nothing
// but the request: no cookies, no referrer. An error of the network is an error and never
// says anything of a credential.
package online
