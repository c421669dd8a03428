package publish

// State says how far a submission, a batch or a relayed statement has come. Each
// state is on disk before its effect becomes visible anywhere.
type State string

// The states, in order. A reorg moves an item back from [Mined] to [Broadcast].
const (
	Accepted  State = "accepted"  // on disk, waiting for a batch
	Batched   State = "batched"   // in a sealed batch whose transaction has not been sent
	Broadcast State = "broadcast" // its transaction may be known to the network
	Mined     State = "mined"     // recorded in a block that may still be reorganised away
	Final     State = "final"     // recorded in a block that is final by the operator's policy

	// Failed is the end of a relayed statement that the registry refuses: its
	// deadline has passed, or another statement came first. A batch never fails.
	Failed State = "failed"
)

// Intake says whether submissions are accepted, or what they are refused for. A chain
// that cannot be read or written is no reason: what is accepted waits.
type Intake string

// The states of intake.
const (
	IntakeOpen       Intake = "open"
	IntakeStopped    Intake = "stopped"     // the node does not run
	IntakeQueueFull  Intake = "queue_full"  // MaxWaiting submissions wait
	IntakeMemoryFull Intake = "memory_full" // the interface is reading as many bodies as it can hold
	IntakeDiskFull   Intake = "disk_full"   // less than DiskReserve is free
	IntakeDiskError  Intake = "disk_error"  // the data folder cannot be written, or read
	IntakeStoreAway  Intake = "store_away"  // the store cannot be reached
	IntakeElsewhere  Intake = "elsewhere"   // this process takes none: others of the node do
)

// Intakes are all states of intake.
var Intakes = []Intake{
	IntakeOpen, IntakeStopped, IntakeQueueFull, IntakeMemoryFull, IntakeDiskFull, IntakeDiskError, IntakeStoreAway, IntakeElsewhere,
}
