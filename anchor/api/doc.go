// Package api is a node's HTTP interface: the server over an [anchor.Node].
//
// An operator's program calls [NewServer] and serves it. Programs in Go that talk to a node
// use package anchor/client, which has the JSON forms too; others read /openapi.json,
// which the server serves and which tests hold against it.
//
// Requests and answers are JSON, with hashes and signatures as "0x" and lower-case
// hexadecimal, addresses in EIP-55 form, registries in CAIP-10 form and times in
// RFC 3339. A JSON body is read strictly: unknown, duplicate and differently-cased
// members are refused. Submissions may also come in the binary form of
// [client.AppendSubmission], the only way to send many leaves at once.
//
// Answers to GET have a strong ETag, and are answered 304 to clients that send it in
// If-None-Match; only lists of issuers' status beyond 4 MiB have none. What may change is
// marked no-cache, which allows keeping it and asking whether it has changed; errors, health
// and metrics are no-store, and published blocks, which are named by their content,
// immutable. Answers of 1,200 bytes or more are compressed with gzip for clients that accept
// it, with an ETag of their own; HEAD is answered as if nothing were compressed. Event streams
// have none of this.
//
// Errors are problem details (RFC 9457) with one sentence that says what is wrong
// and what to do: [Problem]. Statuses mean
//
//	400  the body is not in the form that its content type promises
//	401  an API key is needed that counts, or the operator's password
//	403  the issuer may not submit here; the token of a share is another one
//	404  not known to this node; what was accepted is never 404 but 202 while pending
//	408  the body came too slowly
//	409  overtaken: the chain has a newer statement; shared already, or not final yet
//	413  more than this node takes at once
//	415  a content type that this node does not read
//	422  a value that can never be accepted
//	429  this client asks too often, or the issuer has used up its day; 503 the node is busy, cannot see its chain, or
//	     cannot write; 507 its disk, or its room for shares, is nearly full. All three say in Retry-After, in
//	     seconds, when to try again.
package api
