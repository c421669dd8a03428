package contracts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/google/go-cmp/cmp"
)

// artifact is artifact/AnchorRegistry.json.
type artifact struct {
	ContractName string `json:"contractName"`
	Compiler     struct {
		Version    string `json:"version"`
		EVMVersion string `json:"evmVersion"`
		Metadata   struct {
			AppendCBOR   bool   `json:"appendCBOR"`
			BytecodeHash string `json:"bytecodeHash"`
		} `json:"metadata"`
	} `json:"compiler"`
	StorageLayout []struct {
		Label  string `json:"label"`
		Slot   int    `json:"slot"`
		Offset int    `json:"offset"`
		Type   string `json:"type"`
	} `json:"storageLayout"`
	ABI              json.RawMessage `json:"abi"`
	Bytecode         hexutil.Bytes   `json:"bytecode"`
	DeployedBytecode hexutil.Bytes   `json:"deployedBytecode"`
}

func readArtifact(t *testing.T) artifact {
	t.Helper()
	data, err := os.ReadFile("artifact/AnchorRegistry.json")
	if err != nil {
		t.Fatal(err)
	}
	var a artifact
	if err := json.Unmarshal(data, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestArtifact recomputes the published constants from the committed artifact.
func TestArtifact(t *testing.T) {
	a := readArtifact(t)
	if got := crypto.CreateAddress2(Deployer, common.Hash{}, crypto.Keccak256(a.Bytecode)); got != Address {
		t.Errorf("the artifact is deployed at %s, Address says %s", got, Address)
	}
	if got := crypto.Keccak256Hash(a.DeployedBytecode); got != CodeHash {
		t.Errorf("the artifact's code has hash %s, CodeHash says %s", got, CodeHash)
	}
	if !bytes.Equal(CreationCode(), a.Bytecode) {
		t.Error("the bindings carry other creation code than the artifact: run generate.sh")
	}
	var fromArtifact, fromBindings any
	if err := json.Unmarshal(a.ABI, &fromArtifact); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(AnchorRegistryMetaData.ABI), &fromBindings); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromArtifact, fromBindings); diff != "" {
		t.Errorf("the bindings have another ABI than the artifact: run generate.sh\n%s", diff)
	}
	if !strings.HasPrefix(a.Compiler.Version, "0.8.37+") || a.Compiler.EVMVersion != "cancun" {
		t.Errorf("compiled by solc %s for %s, want 0.8.37 for cancun", a.Compiler.Version, a.Compiler.EVMVersion)
	}
	if a.Compiler.Metadata.AppendCBOR || a.Compiler.Metadata.BytecodeHash != "none" {
		t.Error("the code carries metadata: its hash would change with a comment")
	}
	for i, label := range []string{"anchors", "issuers", "controllers"} {
		if v := a.StorageLayout[i]; v.Label != label || v.Slot != i || v.Offset != 0 {
			t.Errorf("slot %d is %s at slot %d offset %d, want %s", i, v.Label, v.Slot, v.Offset, label)
		}
	}
}

// TestSolidityConstants holds the constants that other contracts rely on to the same artifact.
func TestSolidityConstants(t *testing.T) {
	source, err := os.ReadFile("src/HallmarkVerifier.sol")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"REGISTRY = " + Address.Hex() + ";", "REGISTRY_CODE_HASH = " + CodeHash.Hex() + ";"} {
		if !bytes.Contains(source, []byte(want)) {
			t.Errorf("src/HallmarkVerifier.sol does not say %q", want)
		}
	}
}

func TestDeployerIsTheKnownOne(t *testing.T) {
	if Deployer != params.DeterministicFactoryAddress {
		t.Errorf("Deployer is %s, go-ethereum knows %s", Deployer, params.DeterministicFactoryAddress)
	}
}

// TestDeployment creates the registry as on a public chain, under the rules of today and of the next fork.
func TestDeployment(t *testing.T) {
	for name, amsterdam := range map[string]bool{"today": false, "Amsterdam": true} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t, amsterdam)
			receipt := c.deploy()
			code, err := c.Client().CodeAt(context.Background(), Address, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := crypto.Keccak256Hash(code); got != CodeHash {
				t.Errorf("the code at %s has hash %s, want %s", Address, got, CodeHash)
			}
			if !bytes.Equal(code, readArtifact(t).DeployedBytecode) {
				t.Error("the code on chain is not the artifact's deployedBytecode")
			}
			t.Logf("deployment costs %d gas for %d bytes of code", receipt.GasUsed, len(code))
		})
	}
}

// TestBindings sends and reads through the generated bindings, so that a binding which no longer fits the code is found
// here and not in the node.
func TestBindings(t *testing.T) {
	c := newChain(t, false)
	c.deploy()
	root, manifest := digest("root"), digest("manifest")
	receipt := c.send(Address, registry.PackAnchor(root, manifest))

	event, err := registry.UnpackAnchoredEvent(receipt.Logs[0])
	if err != nil {
		t.Fatal(err)
	}
	if event.Root != root || event.Publisher != c.sender() || event.Manifest != manifest {
		t.Errorf("the event says %x by %s with manifest %x", event.Root, event.Publisher, event.Manifest)
	}
	head, err := c.Client().HeaderByNumber(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	instance := registry.Instance(c.Client(), Address)
	got, err := bind.Call(instance, nil, registry.PackAnchors(root), registry.UnpackAnchors)
	if err != nil {
		t.Fatal(err)
	}
	if got.Publisher != c.sender() || got.Timestamp.Uint64() != head.Time || got.BlockNumber.Uint64() != head.Number.Uint64() {
		t.Errorf("the record is %+v, want %s at %d in block %d", got, c.sender(), head.Time, head.Number)
	}
}

// TestRevertReason finds the registry's typed error in what a failing call returns.
func TestRevertReason(t *testing.T) {
	c := newChain(t, false)
	c.deploy()
	instance := registry.Instance(c.Client(), Address)
	stale := registry.PackSetStatus(c.sender(), 7, digest("status"), digest("list"))
	_, err := bind.Call(instance, &bind.CallOpts{From: c.sender()}, stale, nothing)
	reason, ok := RevertReason(err)
	if !ok {
		t.Fatalf("no reason in %v", err)
	}
	mismatch, ok := reason.(*AnchorRegistryVersionMismatch)
	if !ok || mismatch.Given != 7 || mismatch.Expected != 1 {
		t.Errorf("the reason is %#v, want a version mismatch of 7 and 1", reason)
	}
	if _, ok := RevertReason(context.DeadlineExceeded); ok {
		t.Error("a timeout has no reason by the registry")
	}
}

func TestRevertReasonOfForeignData(t *testing.T) {
	for _, data := range []any{nil, 7, "", "0x", "0x12", "0xzz", "0x08c379a0", "0xffffffff00"} {
		if reason, ok := RevertReason(dataError{data}); ok {
			t.Errorf("error data %v was read as %#v", data, reason)
		}
	}
}

// FuzzRevertReason: whatever a node sends as error data is read as one of the registry's errors or not at all.
func FuzzRevertReason(f *testing.F) {
	parsed, err := AnchorRegistryMetaData.ParseABI()
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range parsed.Errors {
		f.Add(append(e.ID.Bytes()[:4:4], make([]byte, 64)...))
		f.Add(e.ID.Bytes()[:4])
		f.Add(append(e.ID.Bytes()[:4:4], bytes.Repeat([]byte{0xff}, 64)...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		reason, ok := RevertReason(dataError{hexutil.Encode(data)})
		if ok != (reason != nil) {
			t.Fatalf("found %v, reason %#v", ok, reason)
		}
		if !ok {
			return
		}
		name := strings.TrimPrefix(fmt.Sprintf("%T", reason), "*contracts.")
		if e, known := parsed.Errors[name]; !known || !bytes.Equal(e.ID.Bytes()[:4], data[:4]) {
			t.Errorf("%x was read as %s", data, name)
		}
	})
}

type dataError struct{ data any }

func (e dataError) Error() string  { return "execution reverted" }
func (e dataError) ErrorData() any { return e.data }
