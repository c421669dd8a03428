package signer

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/hallmark-node/hallmark/anchor/chain"
	"github.com/hallmark-node/hallmark/merkle"
	"github.com/hallmark-node/hallmark/verifier"
)

// testChain is the chain of all transactions here.
const testChain = 31337

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func addressOf(k *ecdsa.PrivateKey) verifier.Address {
	return verifier.Address(crypto.PubkeyToAddress(k.PublicKey))
}

func transaction() chain.Transaction {
	return chain.Transaction{
		Chain: testChain, Nonce: 7, Gas: 90_000, To: verifier.RegistryAddress, Calldata: []byte{1, 2, 3, 4},
		Fees: chain.Fees{Tip: big.NewInt(1_000_000), Cap: big.NewInt(30_000_000_000)},
	}
}

// expectSigned checks with the library alone that bytes are the transaction, by an
// account.
func expectSigned(t *testing.T, raw []byte, hash merkle.Hash, want chain.Transaction, by verifier.Address) {
	t.Helper()
	var got types.Transaction
	if err := got.UnmarshalBinary(raw); err != nil {
		t.Fatal(err)
	}
	sender, err := types.Sender(types.NewPragueSigner(big.NewInt(testChain)), &got)
	if err != nil || verifier.Address(sender) != by {
		t.Errorf("signed by %s, %v; want %s", sender, err, by)
	}
	if merkle.Hash(got.Hash()) != hash || got.Nonce() != want.Nonce || got.Gas() != want.Gas || got.GasFeeCap().Cmp(want.Fees.Cap) != 0 ||
		got.GasTipCap().Cmp(want.Fees.Tip) != 0 || verifier.Address(*got.To()) != want.To || !bytes.Equal(got.Data(), want.Calldata) ||
		got.Value().Sign() != 0 {
		t.Errorf("another transaction was signed: nonce %d, gas %d, to %s", got.Nonce(), got.Gas(), got.To())
	}
	if _, _, s := got.RawSignatureValues(); s.Cmp(new(big.Int).Rsh(crypto.S256().Params().N, 1)) > 0 {
		t.Error("s is in the upper half")
	}
}

// service is an HTTP server that fails as a test wants before it does its work.
type service struct {
	url string

	mu     sync.Mutex
	fail   func(w http.ResponseWriter) bool // true: it has answered
	asked  map[string]int                   // methods
	header http.Header                      // of the newest request
}

func (s *service) set(fail func(w http.ResponseWriter) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

func (s *service) count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[method]
}

// status answers with an HTTP status.
func status(code int) func(http.ResponseWriter) bool {
	return func(w http.ResponseWriter) bool {
		http.Error(w, "no", code)
		return true
	}
}

// once does something to the first request only.
func once(fail func(http.ResponseWriter) bool) func(http.ResponseWriter) bool {
	done := false
	return func(w http.ResponseWriter) bool {
		if done {
			return false
		}
		done = true
		return fail(w)
	}
}

// web3signer is a server of eth_signTransaction as Web3Signer is: it reads from, to,
// gas, fees, value, nonce and data, knows its chain itself, and answers with bytes.
type web3signer struct {
	service
	key    *ecdsa.PrivateKey
	change func(tx *types.DynamicFeeTx)           // before it is signed
	answer func(signed *types.Transaction) string // JSON; nil: the bytes
	method string
}

func startWeb3Signer(t *testing.T, key *ecdsa.PrivateKey) *web3signer {
	t.Helper()
	w := &web3signer{key: key, method: "eth_signTransaction", service: service{asked: map[string]int{}}}
	s := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

func (s *web3signer) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.header = r.Header
	if s.fail != nil && s.fail(w) {
		return
	}
	var q struct {
		ID     json.RawMessage
		Method string
		Params []struct {
			From, To common.Address
			Gas      hexutil.Uint64
			MaxFee   *hexutil.Big `json:"maxFeePerGas"`
			MaxTip   *hexutil.Big `json:"maxPriorityFeePerGas"`
			Value    *hexutil.Big
			Nonce    hexutil.Uint64
			Data     hexutil.Bytes
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.asked[q.Method]++
	w.Header().Set("Content-Type", "application/json")
	reply := func(member, value string) {
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,%q:%s}`, q.ID, member, value)
	}
	switch {
	case q.Method == "eth_accounts":
		reply("result", fmt.Sprintf("[%q]", common.Address(addressOf(s.key)).Hex()))
		return
	case q.Method != s.method:
		reply("error", `{"code":-32601,"message":"Method not found"}`)
		return
	case len(q.Params) != 1 || q.Params[0].From != common.Address(addressOf(s.key)) && s.change == nil:
		reply("error", `{"code":-32000,"message":"Signing key not found"}`)
		return
	}
	p := q.Params[0]
	tx := &types.DynamicFeeTx{
		ChainID: big.NewInt(testChain), Nonce: uint64(p.Nonce), GasTipCap: p.MaxTip.ToInt(), GasFeeCap: p.MaxFee.ToInt(),
		Gas: uint64(p.Gas), To: &p.To, Value: p.Value.ToInt(), Data: p.Data,
	}
	if s.change != nil {
		s.change(tx)
	}
	signed, err := types.SignNewTx(s.key, types.LatestSignerForChainID(tx.ChainID), tx)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if s.answer != nil {
		reply("result", s.answer(signed))
		return
	}
	reply("result", bytesOf(signed))
}

// bytesOf is a transaction as JSON.
func bytesOf(tx *types.Transaction) string {
	raw, err := tx.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%q", hexutil.Encode(raw))
}

// fakeKMS speaks the JSON protocol of AWS KMS for one key.
type fakeKMS struct {
	service
	key  *ecdsa.PrivateKey
	spec string // key spec that it claims; empty: ECC_SECG_P256K1
	sign func(r, s *big.Int) []byte
	spki func(der []byte) []byte
}

func startKMS(t *testing.T, key *ecdsa.PrivateKey) *fakeKMS {
	t.Helper()
	k := &fakeKMS{key: key, service: service{asked: map[string]int{}}, sign: func(r, s *big.Int) []byte { return der(r, s) }}
	s := httptest.NewServer(http.HandlerFunc(k.serve))
	t.Cleanup(s.Close)
	k.url = s.URL
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", awsSecret)
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return k
}

// awsSecret may appear nowhere.
const awsSecret = "wJalrXUtnFEMI-not-a-real-one"

// der is a signature in ASN.1.
func der(r, s *big.Int) []byte {
	raw, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		panic(err)
	}
	return raw
}

// spkiPrefix is what comes before the 65 bytes of a secp256k1 point in its
// SubjectPublicKeyInfo, as OpenSSL writes it.
var spkiPrefix = hexutil.MustDecode("0x3056301006072a8648ce3d020106052b8104000a034200")

func (k *fakeKMS) serve(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.header = r.Header
	if k.fail != nil && k.fail(w) {
		return
	}
	if r.Header.Get("Content-Type") != "application/x-amz-json-1.1" || !strings.HasPrefix(r.Header.Get("Authorization"),
		"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") {
		awsFault(w, http.StatusBadRequest, "MissingAuthenticationTokenException", "not a signed request of the JSON protocol")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var q struct {
		KeyID            string `json:"KeyId"`
		Message          []byte
		MessageType      string
		SigningAlgorithm string
	}
	if err := json.Unmarshal(body, &q); err != nil {
		awsFault(w, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "TrentService.")
	k.asked[operation]++
	if q.KeyID != keyID {
		awsFault(w, http.StatusBadRequest, "NotFoundException", "Key '"+q.KeyID+"' does not exist")
		return
	}
	out := map[string]any{"KeyId": "arn:aws:kms:eu-west-1:111122223333:key/" + keyID}
	switch operation {
	case "GetPublicKey":
		spki := append(bytes.Clone(spkiPrefix), crypto.FromECDSAPub(&k.key.PublicKey)...)
		if k.spki != nil {
			spki = k.spki(spki)
		}
		out["PublicKey"], out["KeySpec"], out["KeyUsage"] = spki, "ECC_SECG_P256K1", "SIGN_VERIFY"
		if k.spec != "" {
			out["KeySpec"] = k.spec
		}
		out["SigningAlgorithms"] = []string{"ECDSA_SHA_256"}
	case "Sign":
		if q.MessageType != "DIGEST" || q.SigningAlgorithm != "ECDSA_SHA_256" || len(q.Message) != 32 {
			awsFault(w, http.StatusBadRequest, "ValidationException", "want a digest of 32 bytes")
			return
		}
		sig, err := crypto.Sign(q.Message, k.key)
		if err != nil {
			awsFault(w, http.StatusInternalServerError, "KMSInternalException", err.Error())
			return
		}
		out["Signature"] = k.sign(new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:64]))
		out["SigningAlgorithm"] = q.SigningAlgorithm
	default:
		awsFault(w, http.StatusBadRequest, "UnknownOperationException", operation)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(out)
}

const keyID = "1234abcd-12ab-34cd-56ef-1234567890ab"

func awsFault(w http.ResponseWriter, code int, name, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": name, "message": message})
}
