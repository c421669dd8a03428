// Package postgres keeps the records of a node in a PostgreSQL database and an S3 bucket, for as many
// processes as there are. Call [Open].
//
// # Tables
//
//	records   key, value or blob   all records; a value of 16 KiB or more is an object of the bucket,
//	                               and blob has its sha2-256 digest and its length
//	counters  name, value          one row for all updates, which counts them; one for the log; one for
//	                               the numbers of bulks
//	leases    name, epoch, holder, expires_at
//
// An object is named by the CID of its bytes, below blobs/: so is a published raw block, of which each
// page of a large submission's leaves is one. Objects are written before the transaction whose rows name
// them, and never changed or removed: what a crash leaves is objects that no row names, which take room
// and do no harm.
//
// # Transactions and locks
//
// All transactions are of the level read committed, and in order by the row of counters that they lock
// first, so that they need not be made again, as serializable ones would:
//
//   - An update locks the row of updates, then the rows of its leases for sharing, and sees from then on
//     what all updates before have written. It holds its writes back until its end, or a scan. So all
//     updates of all processes run one at a time.
//   - An append locks the row of the log, looks which IDs are there and what the newest number is, and
//     writes. Entries of a process that come at the same time share a transaction. The rows of a bulk
//     are written by COPY in the same transaction, before the lock is taken.
//   - Taking a lease is one statement. It waits for an update that has the lease locked, so an update
//     that has found its lease to be held is over before another process can have it. Time is the database's.
//
// A process that is paused, or cut off, loses its session, and with it its locks, after 5 seconds between
// two statements. A transaction that failed before its commit, as by the end of its session, is made again
// a few times; of one whose commit had no answer the error wraps [kv.ErrUnavailable]. Waiting for a lock
// or an answer has an end, which is that error too.
//
// Nothing depends on the session: statements have no names and locks are rows, so PgBouncer may stand
// between in transaction mode.
//
// # Durability
//
// A commit is acknowledged once it is on the server's disk, and with synchronous_standby_names on that of a
// replica; [Open] refuses a server with fsync or synchronous_commit off. Until then no other transaction sees
// it. There is one exception, which an administrator makes: to cancel a commit that waits for a
// replica. It is then to be seen, the server warns, and the commit counts as one without an answer. Without
// a synchronous replica a failover loses what was acknowledged last.
//
// What a crash leaves, of the process or the server, is all of a transaction or nothing, and these: objects
// without a row; numbers of bulks that nobody has; temporary files are gone, since they have no names. A session
// of a crashed process ends, and frees its locks, when the server notices: at once if the machine is
// up, else after the 5 seconds.
//
// # What is checked
//
// A whole value that is an object is compared with its digest. Of a part only its length is checked,
// and the length of the object: package store builds proofs from parts, of which the root is known.
// An object that a row names and the bucket has not is damage, never "not found".
//
// # Schema
//
// The files in migrations are applied by goose at Open, by one process at a time. A migration only adds
// what the version of the program before can ignore, and a program works on the next schema too, so
// that a new version can be rolled out process by process, and gone back from.
package postgres
