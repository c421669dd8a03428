// Code generated via abigen V2 - DO NOT EDIT.
// This file is a generated binding and any manual changes will be lost.

package contracts

import (
	"bytes"
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Reference imports to suppress errors if they are not otherwise used.
var (
	_ = bytes.Equal
	_ = errors.New
	_ = big.NewInt
	_ = common.Big1
	_ = types.BloomLookup
	_ = abi.ConvertType
)

// AnchorRegistryMetaData contains all meta data concerning the AnchorRegistry contract.
var AnchorRegistryMetaData = bind.MetaData{
	ABI: "[{\"type\":\"function\",\"name\":\"anchor\",\"inputs\":[{\"name\":\"root\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"},{\"name\":\"manifest\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"}],\"outputs\":[],\"stateMutability\":\"nonpayable\"},{\"type\":\"function\",\"name\":\"anchors\",\"inputs\":[{\"name\":\"root\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"}],\"outputs\":[{\"name\":\"publisher\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"timestamp\",\"type\":\"uint48\",\"internalType\":\"uint48\"},{\"name\":\"blockNumber\",\"type\":\"uint48\",\"internalType\":\"uint48\"}],\"stateMutability\":\"view\"},{\"type\":\"function\",\"name\":\"controllers\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"}],\"outputs\":[{\"name\":\"controller\",\"type\":\"address\",\"internalType\":\"address\"}],\"stateMutability\":\"view\"},{\"type\":\"function\",\"name\":\"issuers\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"}],\"outputs\":[{\"name\":\"statusRoot\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"},{\"name\":\"retiredFrom\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"version\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"updatedAt\",\"type\":\"uint64\",\"internalType\":\"uint64\"}],\"stateMutability\":\"view\"},{\"type\":\"function\",\"name\":\"retire\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"from\",\"type\":\"uint64\",\"internalType\":\"uint64\"}],\"outputs\":[],\"stateMutability\":\"nonpayable\"},{\"type\":\"function\",\"name\":\"retireBySig\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"from\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"deadline\",\"type\":\"uint256\",\"internalType\":\"uint256\"},{\"name\":\"signature\",\"type\":\"bytes\",\"internalType\":\"bytes\"}],\"outputs\":[],\"stateMutability\":\"nonpayable\"},{\"type\":\"function\",\"name\":\"setController\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"next\",\"type\":\"address\",\"internalType\":\"address\"}],\"outputs\":[],\"stateMutability\":\"nonpayable\"},{\"type\":\"function\",\"name\":\"setControllerBySig\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"current\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"next\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"deadline\",\"type\":\"uint256\",\"internalType\":\"uint256\"},{\"name\":\"signature\",\"type\":\"bytes\",\"internalType\":\"bytes\"}],\"outputs\":[],\"stateMutability\":\"nonpayable\"},{\"type\":\"function\",\"name\":\"setStatus\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"version\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"statusRoot\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"},{\"name\":\"list\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"}],\"outputs\":[],\"stateMutability\":\"nonpayable\"},{\"type\":\"function\",\"name\":\"setStatusBySig\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"version\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"statusRoot\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"},{\"name\":\"list\",\"type\":\"bytes32\",\"internalType\":\"bytes32\"},{\"name\":\"deadline\",\"type\":\"uint256\",\"internalType\":\"uint256\"},{\"name\":\"signature\",\"type\":\"bytes\",\"internalType\":\"bytes\"}],\"outputs\":[],\"stateMutability\":\"nonpayable\"},{\"type\":\"event\",\"name\":\"Anchored\",\"inputs\":[{\"name\":\"root\",\"type\":\"bytes32\",\"indexed\":true,\"internalType\":\"bytes32\"},{\"name\":\"publisher\",\"type\":\"address\",\"indexed\":true,\"internalType\":\"address\"},{\"name\":\"manifest\",\"type\":\"bytes32\",\"indexed\":false,\"internalType\":\"bytes32\"}],\"anonymous\":false},{\"type\":\"event\",\"name\":\"ControllerChanged\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"indexed\":true,\"internalType\":\"address\"},{\"name\":\"controller\",\"type\":\"address\",\"indexed\":true,\"internalType\":\"address\"}],\"anonymous\":false},{\"type\":\"event\",\"name\":\"Retired\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"indexed\":true,\"internalType\":\"address\"},{\"name\":\"from\",\"type\":\"uint64\",\"indexed\":false,\"internalType\":\"uint64\"}],\"anonymous\":false},{\"type\":\"event\",\"name\":\"StatusChanged\",\"inputs\":[{\"name\":\"issuer\",\"type\":\"address\",\"indexed\":true,\"internalType\":\"address\"},{\"name\":\"version\",\"type\":\"uint64\",\"indexed\":false,\"internalType\":\"uint64\"},{\"name\":\"statusRoot\",\"type\":\"bytes32\",\"indexed\":false,\"internalType\":\"bytes32\"},{\"name\":\"list\",\"type\":\"bytes32\",\"indexed\":false,\"internalType\":\"bytes32\"}],\"anonymous\":false},{\"type\":\"error\",\"name\":\"AnchorRegistryControllerMismatch\",\"inputs\":[{\"name\":\"given\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"stored\",\"type\":\"address\",\"internalType\":\"address\"}]},{\"type\":\"error\",\"name\":\"AnchorRegistryInvalidSignature\",\"inputs\":[{\"name\":\"controller\",\"type\":\"address\",\"internalType\":\"address\"}]},{\"type\":\"error\",\"name\":\"AnchorRegistryRetirementNotEarlier\",\"inputs\":[{\"name\":\"from\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"stored\",\"type\":\"uint64\",\"internalType\":\"uint64\"}]},{\"type\":\"error\",\"name\":\"AnchorRegistryRetirementOutOfRange\",\"inputs\":[{\"name\":\"from\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"current\",\"type\":\"uint256\",\"internalType\":\"uint256\"}]},{\"type\":\"error\",\"name\":\"AnchorRegistrySignatureExpired\",\"inputs\":[{\"name\":\"deadline\",\"type\":\"uint256\",\"internalType\":\"uint256\"}]},{\"type\":\"error\",\"name\":\"AnchorRegistryUnauthorized\",\"inputs\":[{\"name\":\"caller\",\"type\":\"address\",\"internalType\":\"address\"},{\"name\":\"controller\",\"type\":\"address\",\"internalType\":\"address\"}]},{\"type\":\"error\",\"name\":\"AnchorRegistryVersionMismatch\",\"inputs\":[{\"name\":\"given\",\"type\":\"uint64\",\"internalType\":\"uint64\"},{\"name\":\"expected\",\"type\":\"uint64\",\"internalType\":\"uint64\"}]},{\"type\":\"error\",\"name\":\"AnchorRegistryZeroController\",\"inputs\":[]},{\"type\":\"error\",\"name\":\"AnchorRegistryZeroRoot\",\"inputs\":[]}]",
	ID:  "AnchorRegistry",
	Bin: "0x6080604052348015600e575f5ffd5b506113e08061001c5f395ff3fe608060405234801561000f575f5ffd5b50600436106100b9575f3560e01c8063a21f3c6a11610072578063a8e5fbe111610058578063a8e5fbe1146101be578063b01b6d53146101d1578063da8c229e14610284575f5ffd5b8063a21f3c6a14610198578063a6f89ba4146101ab575f5ffd5b8063561359b1116100a2578063561359b11461015f5780637b7d6c68146101725780639149a72414610185575f5ffd5b80632bd4b51e146100bd57806338a7543e146100d2575b5f5ffd5b6100d06100cb3660046110d4565b6102de565b005b61012a6100e0366004611105565b600160208190525f9182526040909120805491015467ffffffffffffffff808216916801000000000000000081048216917001000000000000000000000000000000009091041684565b6040805194855267ffffffffffffffff9384166020860152918316918401919091521660608201526080015b60405180910390f35b6100d061016d366004611125565b6102f5565b6100d0610180366004611164565b610310565b6100d06101933660046111d1565b610323565b6100d06101a636600461123b565b6103be565b6100d06101b936600461125b565b61053e565b6100d06101cc3660046112d7565b6105eb565b6102496101df366004611351565b5f6020819052908152604090205473ffffffffffffffffffffffffffffffffffffffff81169065ffffffffffff7401000000000000000000000000000000000000000082048116917a01000000000000000000000000000000000000000000000000000090041683565b6040805173ffffffffffffffffffffffffffffffffffffffff909416845265ffffffffffff9283166020850152911690820152606001610156565b6102b9610292366004611105565b60026020525f908152604090205473ffffffffffffffffffffffffffffffffffffffff1681565b60405173ffffffffffffffffffffffffffffffffffffffff9091168152602001610156565b6102e782610702565b6102f182826107ae565b5050565b6102fe84610702565b61030a84848484610967565b50505050565b61031982610702565b6102f18282610b3a565b604080517f6bcf80b835eb3723be60ddabafaa2319dece44b38008b8b039b4f382988f5e0d602082015273ffffffffffffffffffffffffffffffffffffffff87169181019190915267ffffffffffffffff85166060820152608081018490525f9060a0016040516020818303038152906040528051906020012090506103ac8682868686610c36565b6103b686866107ae565b505050505050565b816103f5576040517fe4c0041d00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b5f8281526020819052604081205474010000000000000000000000000000000000000000900465ffffffffffff169003610503576040805160608101825233815265ffffffffffff42811660208084019182524383168486019081525f88815291829052949020925183549151945183167a0100000000000000000000000000000000000000000000000000000279ffffffffffffffffffffffffffffffffffffffffffffffffffff9590931674010000000000000000000000000000000000000000027fffffffffffff000000000000000000000000000000000000000000000000000090921673ffffffffffffffffffffffffffffffffffffffff919091161717929092169190911790555b604051818152339083907f4450fd19f5dafd45e52f91aa82897967b7469e348fd7d5083f4e0515df90706e9060200160405180910390a35050565b604080517fa1cfd5df520fcea65503a69ff562daea57e46e6920dede53c2bb6c41c76636e3602082015273ffffffffffffffffffffffffffffffffffffffff89169181019190915267ffffffffffffffff871660608201526080810186905260a0810185905260c081018490525f9060e0016040516020818303038152906040528051906020012090506105d58882868686610c36565b6105e188888888610967565b5050505050505050565b73ffffffffffffffffffffffffffffffffffffffff8087165f9081526002602052604090205481169086168114610673576040517f6a84292b00000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff8088166004830152821660248201526044015b60405180910390fd5b604080517fd0c95c97c3fc9bd4d19c4d1776a16fe0bf59385fb1437798803e3ef78be8d70760208083019190915273ffffffffffffffffffffffffffffffffffffffff8a81168385015289811660608401528816608083015260a08083018890528351808403909101815260c090920190925280519101206106f88882878787610c36565b6105e18887610b3a565b73ffffffffffffffffffffffffffffffffffffffff8082165f90815260026020526040812054909116908115610738578161073a565b825b90503373ffffffffffffffffffffffffffffffffffffffff8216146107a9576040517fe23f5b7500000000000000000000000000000000000000000000000000000000815233600482015273ffffffffffffffffffffffffffffffffffffffff8216602482015260440161066a565b505050565b67ffffffffffffffff811615806107ce5750428167ffffffffffffffff16115b15610817576040517f9d3b69e800000000000000000000000000000000000000000000000000000000815267ffffffffffffffff8216600482015242602482015260440161066a565b73ffffffffffffffffffffffffffffffffffffffff82165f908152600160208190526040909120015467ffffffffffffffff90811690821681900361085b57505050565b67ffffffffffffffff81161580159061088757508067ffffffffffffffff168267ffffffffffffffff16115b156108d2576040517ff5f7101500000000000000000000000000000000000000000000000000000000815267ffffffffffffffff80841660048301528216602482015260440161066a565b73ffffffffffffffffffffffffffffffffffffffff83165f8181526001602081815260409283902090910180547fffffffffffffffffffffffffffffffffffffffffffffffff00000000000000001667ffffffffffffffff871690811790915591519182527f686f752e8656653fc6ec135d631c8dcca0089c04a1b780d3f91638417ff2e922910160405180910390a2505050565b8161099e576040517fe4c0041d00000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b73ffffffffffffffffffffffffffffffffffffffff84165f9081526001602081905260408220808201549092916109eb9168010000000000000000900467ffffffffffffffff1690611368565b90508067ffffffffffffffff168567ffffffffffffffff1614610a4e576040517fba88218600000000000000000000000000000000000000000000000000000000815267ffffffffffffffff80871660048301528216602482015260440161066a565b8382556001820180547fffffffffffffffff00000000000000000000000000000000ffffffffffffffff166801000000000000000067ffffffffffffffff8881169182027fffffffffffffffff0000000000000000ffffffffffffffffffffffffffffffff1692909217700100000000000000000000000000000000429390931692909202919091179091556040805191825260208201869052810184905273ffffffffffffffffffffffffffffffffffffffff8716907f37cca1ccc5ddf28bb5b27efd45470861c61036a2747fd14af9b5636e2d33051d9060600160405180910390a2505050505050565b73ffffffffffffffffffffffffffffffffffffffff8116610b87576040517ffc4ff19200000000000000000000000000000000000000000000000000000000815260040160405180910390fd5b73ffffffffffffffffffffffffffffffffffffffff8083165f90815260026020526040902054811690821603610bbb575050565b73ffffffffffffffffffffffffffffffffffffffff8281165f8181526002602052604080822080547fffffffffffffffffffffffff0000000000000000000000000000000000000000169486169485179055517f6aef1fb5b23d0e109fc7f2b0601019e1edbacd177e31a441ec8548e8dd14f0f79190a35050565b82421115610c73576040517f416a72640000000000000000000000000000000000000000000000000000000081526004810184905260240161066a565b5f610c7f463087610dd6565b73ffffffffffffffffffffffffffffffffffffffff8088165f908152600260205260408120549293509116908115610cb75781610cb9565b875b90505f5f610cc8858888610ed8565b5090925090505f816003811115610ce157610ce16113b3565b148015610d1957508273ffffffffffffffffffffffffffffffffffffffff168273ffffffffffffffffffffffffffffffffffffffff16145b15610d28575050505050610dcf565b73ffffffffffffffffffffffffffffffffffffffff841615801590610d63575073ffffffffffffffffffffffffffffffffffffffff84163b15155b8015610d765750610d7684868989610f1f565b15610d85575050505050610dcf565b6040517f8e82e92100000000000000000000000000000000000000000000000000000000815273ffffffffffffffffffffffffffffffffffffffff8416600482015260240161066a565b5050505050565b604080517f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f60208201527f69c1ccda202310f5c2a578b2b17fc75f02bd2b3da60a4fa95749f86dd556d83f918101919091527fc89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc660608201526080810184905273ffffffffffffffffffffffffffffffffffffffff831660a08201525f90819060c001604051602081830303815290604052805190602001209050610ecf81846040517f19010000000000000000000000000000000000000000000000000000000000008152600281019290925260228201526042902090565b95945050505050565b5f80806041849003610f0c578435602086013560408701355f1a610efe89828585610fa2565b955095509550505050610f16565b505f915060029050825b93509350939050565b604080517f1626ba7e00000000000000000000000000000000000000000000000000000000808252600482018690526024820192909252604481018390525f91908390818660648301375f82606483010152601f820160051c60051b915060205f60648401838b5afa9050825f5114601f3d111681169350505050949350505050565b5f80807f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0841115610fdb57505f9150600390508261108b565b604080515f808252602082018084528a905260ff891692820192909252606081018790526080810186905260019060a0016020604051602081039080840390855afa15801561102c573d5f5f3e3d5ffd5b50506040517fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0015191505073ffffffffffffffffffffffffffffffffffffffff811661108257505f92506001915082905061108b565b92505f91508190505b9450945094915050565b803573ffffffffffffffffffffffffffffffffffffffff811681146110b8575f5ffd5b919050565b803567ffffffffffffffff811681146110b8575f5ffd5b5f5f604083850312156110e5575f5ffd5b6110ee83611095565b91506110fc602084016110bd565b90509250929050565b5f60208284031215611115575f5ffd5b61111e82611095565b9392505050565b5f5f5f5f60808587031215611138575f5ffd5b61114185611095565b935061114f602086016110bd565b93969395505050506040820135916060013590565b5f5f60408385031215611175575f5ffd5b61117e83611095565b91506110fc60208401611095565b5f5f83601f84011261119c575f5ffd5b50813567ffffffffffffffff8111156111b3575f5ffd5b6020830191508360208285010111156111ca575f5ffd5b9250929050565b5f5f5f5f5f608086880312156111e5575f5ffd5b6111ee86611095565b94506111fc602087016110bd565b935060408601359250606086013567ffffffffffffffff81111561121e575f5ffd5b61122a8882890161118c565b969995985093965092949392505050565b5f5f6040838503121561124c575f5ffd5b50508035926020909101359150565b5f5f5f5f5f5f5f60c0888a031215611271575f5ffd5b61127a88611095565b9650611288602089016110bd565b955060408801359450606088013593506080880135925060a088013567ffffffffffffffff8111156112b8575f5ffd5b6112c48a828b0161118c565b989b979a50959850939692959293505050565b5f5f5f5f5f5f60a087890312156112ec575f5ffd5b6112f587611095565b955061130360208801611095565b945061131160408801611095565b935060608701359250608087013567ffffffffffffffff811115611333575f5ffd5b61133f89828a0161118c565b979a9699509497509295939492505050565b5f60208284031215611361575f5ffd5b5035919050565b67ffffffffffffffff81811683821601908111156113ad577f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b92915050565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52602160045260245ffd",
}

// AnchorRegistry is an auto generated Go binding around an Ethereum contract.
type AnchorRegistry struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *AnchorRegistry) GetABI() abi.ABI {
	return c.abi
}

// NewAnchorRegistry creates a new instance of AnchorRegistry.
func NewAnchorRegistry() *AnchorRegistry {
	parsed, err := AnchorRegistryMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &AnchorRegistry{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *AnchorRegistry) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackAnchor is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa21f3c6a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function anchor(bytes32 root, bytes32 manifest) returns()
func (anchorRegistry *AnchorRegistry) PackAnchor(root [32]byte, manifest [32]byte) []byte {
	enc, err := anchorRegistry.abi.Pack("anchor", root, manifest)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAnchor is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa21f3c6a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function anchor(bytes32 root, bytes32 manifest) returns()
func (anchorRegistry *AnchorRegistry) TryPackAnchor(root [32]byte, manifest [32]byte) ([]byte, error) {
	return anchorRegistry.abi.Pack("anchor", root, manifest)
}

// PackAnchors is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb01b6d53.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function anchors(bytes32 root) view returns(address publisher, uint48 timestamp, uint48 blockNumber)
func (anchorRegistry *AnchorRegistry) PackAnchors(root [32]byte) []byte {
	enc, err := anchorRegistry.abi.Pack("anchors", root)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAnchors is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb01b6d53.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function anchors(bytes32 root) view returns(address publisher, uint48 timestamp, uint48 blockNumber)
func (anchorRegistry *AnchorRegistry) TryPackAnchors(root [32]byte) ([]byte, error) {
	return anchorRegistry.abi.Pack("anchors", root)
}

// AnchorsOutput serves as a container for the return parameters of contract
// method Anchors.
type AnchorsOutput struct {
	Publisher   common.Address
	Timestamp   *big.Int
	BlockNumber *big.Int
}

// UnpackAnchors is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xb01b6d53.
//
// Solidity: function anchors(bytes32 root) view returns(address publisher, uint48 timestamp, uint48 blockNumber)
func (anchorRegistry *AnchorRegistry) UnpackAnchors(data []byte) (AnchorsOutput, error) {
	out, err := anchorRegistry.abi.Unpack("anchors", data)
	outstruct := new(AnchorsOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Publisher = *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	outstruct.Timestamp = abi.ConvertType(out[1], new(big.Int)).(*big.Int)
	outstruct.BlockNumber = abi.ConvertType(out[2], new(big.Int)).(*big.Int)
	return *outstruct, nil
}

// PackControllers is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xda8c229e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function controllers(address issuer) view returns(address controller)
func (anchorRegistry *AnchorRegistry) PackControllers(issuer common.Address) []byte {
	enc, err := anchorRegistry.abi.Pack("controllers", issuer)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackControllers is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xda8c229e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function controllers(address issuer) view returns(address controller)
func (anchorRegistry *AnchorRegistry) TryPackControllers(issuer common.Address) ([]byte, error) {
	return anchorRegistry.abi.Pack("controllers", issuer)
}

// UnpackControllers is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xda8c229e.
//
// Solidity: function controllers(address issuer) view returns(address controller)
func (anchorRegistry *AnchorRegistry) UnpackControllers(data []byte) (common.Address, error) {
	out, err := anchorRegistry.abi.Unpack("controllers", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackIssuers is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x38a7543e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function issuers(address issuer) view returns(bytes32 statusRoot, uint64 retiredFrom, uint64 version, uint64 updatedAt)
func (anchorRegistry *AnchorRegistry) PackIssuers(issuer common.Address) []byte {
	enc, err := anchorRegistry.abi.Pack("issuers", issuer)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackIssuers is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x38a7543e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function issuers(address issuer) view returns(bytes32 statusRoot, uint64 retiredFrom, uint64 version, uint64 updatedAt)
func (anchorRegistry *AnchorRegistry) TryPackIssuers(issuer common.Address) ([]byte, error) {
	return anchorRegistry.abi.Pack("issuers", issuer)
}

// IssuersOutput serves as a container for the return parameters of contract
// method Issuers.
type IssuersOutput struct {
	StatusRoot  [32]byte
	RetiredFrom uint64
	Version     uint64
	UpdatedAt   uint64
}

// UnpackIssuers is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x38a7543e.
//
// Solidity: function issuers(address issuer) view returns(bytes32 statusRoot, uint64 retiredFrom, uint64 version, uint64 updatedAt)
func (anchorRegistry *AnchorRegistry) UnpackIssuers(data []byte) (IssuersOutput, error) {
	out, err := anchorRegistry.abi.Unpack("issuers", data)
	outstruct := new(IssuersOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.StatusRoot = *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	outstruct.RetiredFrom = *abi.ConvertType(out[1], new(uint64)).(*uint64)
	outstruct.Version = *abi.ConvertType(out[2], new(uint64)).(*uint64)
	outstruct.UpdatedAt = *abi.ConvertType(out[3], new(uint64)).(*uint64)
	return *outstruct, nil
}

// PackRetire is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2bd4b51e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function retire(address issuer, uint64 from) returns()
func (anchorRegistry *AnchorRegistry) PackRetire(issuer common.Address, from uint64) []byte {
	enc, err := anchorRegistry.abi.Pack("retire", issuer, from)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRetire is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2bd4b51e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function retire(address issuer, uint64 from) returns()
func (anchorRegistry *AnchorRegistry) TryPackRetire(issuer common.Address, from uint64) ([]byte, error) {
	return anchorRegistry.abi.Pack("retire", issuer, from)
}

// PackRetireBySig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x9149a724.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function retireBySig(address issuer, uint64 from, uint256 deadline, bytes signature) returns()
func (anchorRegistry *AnchorRegistry) PackRetireBySig(issuer common.Address, from uint64, deadline *big.Int, signature []byte) []byte {
	enc, err := anchorRegistry.abi.Pack("retireBySig", issuer, from, deadline, signature)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRetireBySig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x9149a724.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function retireBySig(address issuer, uint64 from, uint256 deadline, bytes signature) returns()
func (anchorRegistry *AnchorRegistry) TryPackRetireBySig(issuer common.Address, from uint64, deadline *big.Int, signature []byte) ([]byte, error) {
	return anchorRegistry.abi.Pack("retireBySig", issuer, from, deadline, signature)
}

// PackSetController is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7b7d6c68.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setController(address issuer, address next) returns()
func (anchorRegistry *AnchorRegistry) PackSetController(issuer common.Address, next common.Address) []byte {
	enc, err := anchorRegistry.abi.Pack("setController", issuer, next)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetController is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7b7d6c68.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setController(address issuer, address next) returns()
func (anchorRegistry *AnchorRegistry) TryPackSetController(issuer common.Address, next common.Address) ([]byte, error) {
	return anchorRegistry.abi.Pack("setController", issuer, next)
}

// PackSetControllerBySig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa8e5fbe1.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setControllerBySig(address issuer, address current, address next, uint256 deadline, bytes signature) returns()
func (anchorRegistry *AnchorRegistry) PackSetControllerBySig(issuer common.Address, current common.Address, next common.Address, deadline *big.Int, signature []byte) []byte {
	enc, err := anchorRegistry.abi.Pack("setControllerBySig", issuer, current, next, deadline, signature)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetControllerBySig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa8e5fbe1.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setControllerBySig(address issuer, address current, address next, uint256 deadline, bytes signature) returns()
func (anchorRegistry *AnchorRegistry) TryPackSetControllerBySig(issuer common.Address, current common.Address, next common.Address, deadline *big.Int, signature []byte) ([]byte, error) {
	return anchorRegistry.abi.Pack("setControllerBySig", issuer, current, next, deadline, signature)
}

// PackSetStatus is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x561359b1.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setStatus(address issuer, uint64 version, bytes32 statusRoot, bytes32 list) returns()
func (anchorRegistry *AnchorRegistry) PackSetStatus(issuer common.Address, version uint64, statusRoot [32]byte, list [32]byte) []byte {
	enc, err := anchorRegistry.abi.Pack("setStatus", issuer, version, statusRoot, list)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetStatus is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x561359b1.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setStatus(address issuer, uint64 version, bytes32 statusRoot, bytes32 list) returns()
func (anchorRegistry *AnchorRegistry) TryPackSetStatus(issuer common.Address, version uint64, statusRoot [32]byte, list [32]byte) ([]byte, error) {
	return anchorRegistry.abi.Pack("setStatus", issuer, version, statusRoot, list)
}

// PackSetStatusBySig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa6f89ba4.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setStatusBySig(address issuer, uint64 version, bytes32 statusRoot, bytes32 list, uint256 deadline, bytes signature) returns()
func (anchorRegistry *AnchorRegistry) PackSetStatusBySig(issuer common.Address, version uint64, statusRoot [32]byte, list [32]byte, deadline *big.Int, signature []byte) []byte {
	enc, err := anchorRegistry.abi.Pack("setStatusBySig", issuer, version, statusRoot, list, deadline, signature)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetStatusBySig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa6f89ba4.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setStatusBySig(address issuer, uint64 version, bytes32 statusRoot, bytes32 list, uint256 deadline, bytes signature) returns()
func (anchorRegistry *AnchorRegistry) TryPackSetStatusBySig(issuer common.Address, version uint64, statusRoot [32]byte, list [32]byte, deadline *big.Int, signature []byte) ([]byte, error) {
	return anchorRegistry.abi.Pack("setStatusBySig", issuer, version, statusRoot, list, deadline, signature)
}

// AnchorRegistryAnchored represents a Anchored event raised by the AnchorRegistry contract.
type AnchorRegistryAnchored struct {
	Root      [32]byte
	Publisher common.Address
	Manifest  [32]byte
	Raw       *types.Log // Blockchain specific contextual infos
}

const AnchorRegistryAnchoredEventName = "Anchored"

// ContractEventName returns the user-defined event name.
func (AnchorRegistryAnchored) ContractEventName() string {
	return AnchorRegistryAnchoredEventName
}

// UnpackAnchoredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Anchored(bytes32 indexed root, address indexed publisher, bytes32 manifest)
func (anchorRegistry *AnchorRegistry) UnpackAnchoredEvent(log *types.Log) (*AnchorRegistryAnchored, error) {
	event := "Anchored"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != anchorRegistry.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(AnchorRegistryAnchored)
	if len(log.Data) > 0 {
		if err := anchorRegistry.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range anchorRegistry.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// AnchorRegistryControllerChanged represents a ControllerChanged event raised by the AnchorRegistry contract.
type AnchorRegistryControllerChanged struct {
	Issuer     common.Address
	Controller common.Address
	Raw        *types.Log // Blockchain specific contextual infos
}

const AnchorRegistryControllerChangedEventName = "ControllerChanged"

// ContractEventName returns the user-defined event name.
func (AnchorRegistryControllerChanged) ContractEventName() string {
	return AnchorRegistryControllerChangedEventName
}

// UnpackControllerChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event ControllerChanged(address indexed issuer, address indexed controller)
func (anchorRegistry *AnchorRegistry) UnpackControllerChangedEvent(log *types.Log) (*AnchorRegistryControllerChanged, error) {
	event := "ControllerChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != anchorRegistry.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(AnchorRegistryControllerChanged)
	if len(log.Data) > 0 {
		if err := anchorRegistry.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range anchorRegistry.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// AnchorRegistryRetired represents a Retired event raised by the AnchorRegistry contract.
type AnchorRegistryRetired struct {
	Issuer common.Address
	From   uint64
	Raw    *types.Log // Blockchain specific contextual infos
}

const AnchorRegistryRetiredEventName = "Retired"

// ContractEventName returns the user-defined event name.
func (AnchorRegistryRetired) ContractEventName() string {
	return AnchorRegistryRetiredEventName
}

// UnpackRetiredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Retired(address indexed issuer, uint64 from)
func (anchorRegistry *AnchorRegistry) UnpackRetiredEvent(log *types.Log) (*AnchorRegistryRetired, error) {
	event := "Retired"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != anchorRegistry.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(AnchorRegistryRetired)
	if len(log.Data) > 0 {
		if err := anchorRegistry.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range anchorRegistry.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// AnchorRegistryStatusChanged represents a StatusChanged event raised by the AnchorRegistry contract.
type AnchorRegistryStatusChanged struct {
	Issuer     common.Address
	Version    uint64
	StatusRoot [32]byte
	List       [32]byte
	Raw        *types.Log // Blockchain specific contextual infos
}

const AnchorRegistryStatusChangedEventName = "StatusChanged"

// ContractEventName returns the user-defined event name.
func (AnchorRegistryStatusChanged) ContractEventName() string {
	return AnchorRegistryStatusChangedEventName
}

// UnpackStatusChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event StatusChanged(address indexed issuer, uint64 version, bytes32 statusRoot, bytes32 list)
func (anchorRegistry *AnchorRegistry) UnpackStatusChangedEvent(log *types.Log) (*AnchorRegistryStatusChanged, error) {
	event := "StatusChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != anchorRegistry.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(AnchorRegistryStatusChanged)
	if len(log.Data) > 0 {
		if err := anchorRegistry.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range anchorRegistry.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (anchorRegistry *AnchorRegistry) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryControllerMismatch"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackControllerMismatchError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryInvalidSignature"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackInvalidSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryRetirementNotEarlier"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackRetirementNotEarlierError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryRetirementOutOfRange"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackRetirementOutOfRangeError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistrySignatureExpired"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackSignatureExpiredError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryUnauthorized"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackUnauthorizedError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryVersionMismatch"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackVersionMismatchError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryZeroController"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackZeroControllerError(raw[4:])
	}
	if bytes.Equal(raw[:4], anchorRegistry.abi.Errors["AnchorRegistryZeroRoot"].ID.Bytes()[:4]) {
		return anchorRegistry.UnpackZeroRootError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// AnchorRegistryControllerMismatch represents a AnchorRegistryControllerMismatch error raised by the AnchorRegistry contract.
type AnchorRegistryControllerMismatch struct {
	Given  common.Address
	Stored common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryControllerMismatch(address given, address stored)
func AnchorRegistryControllerMismatchErrorID() common.Hash {
	return common.HexToHash("0x6a84292bc276551ad608b476ac1891ffe7277d4c112669c53b15edff982dc490")
}

// UnpackControllerMismatchError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryControllerMismatch(address given, address stored)
func (anchorRegistry *AnchorRegistry) UnpackControllerMismatchError(raw []byte) (*AnchorRegistryControllerMismatch, error) {
	out := new(AnchorRegistryControllerMismatch)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryControllerMismatch", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistryInvalidSignature represents a AnchorRegistryInvalidSignature error raised by the AnchorRegistry contract.
type AnchorRegistryInvalidSignature struct {
	Controller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryInvalidSignature(address controller)
func AnchorRegistryInvalidSignatureErrorID() common.Hash {
	return common.HexToHash("0x8e82e921298b53a07c9111ac0a3a0fe24b186daa3730a2524decd57b237bdc6f")
}

// UnpackInvalidSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryInvalidSignature(address controller)
func (anchorRegistry *AnchorRegistry) UnpackInvalidSignatureError(raw []byte) (*AnchorRegistryInvalidSignature, error) {
	out := new(AnchorRegistryInvalidSignature)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryInvalidSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistryRetirementNotEarlier represents a AnchorRegistryRetirementNotEarlier error raised by the AnchorRegistry contract.
type AnchorRegistryRetirementNotEarlier struct {
	From   uint64
	Stored uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryRetirementNotEarlier(uint64 from, uint64 stored)
func AnchorRegistryRetirementNotEarlierErrorID() common.Hash {
	return common.HexToHash("0xf5f7101588689027de80eee6942d6dfd1b613b83bc22d96f10ffc8fc526d50dc")
}

// UnpackRetirementNotEarlierError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryRetirementNotEarlier(uint64 from, uint64 stored)
func (anchorRegistry *AnchorRegistry) UnpackRetirementNotEarlierError(raw []byte) (*AnchorRegistryRetirementNotEarlier, error) {
	out := new(AnchorRegistryRetirementNotEarlier)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryRetirementNotEarlier", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistryRetirementOutOfRange represents a AnchorRegistryRetirementOutOfRange error raised by the AnchorRegistry contract.
type AnchorRegistryRetirementOutOfRange struct {
	From    uint64
	Current *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryRetirementOutOfRange(uint64 from, uint256 current)
func AnchorRegistryRetirementOutOfRangeErrorID() common.Hash {
	return common.HexToHash("0x9d3b69e8d1c691b12b1d83bc0681492ea270c1de7ee26408a786a3d85f6d492c")
}

// UnpackRetirementOutOfRangeError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryRetirementOutOfRange(uint64 from, uint256 current)
func (anchorRegistry *AnchorRegistry) UnpackRetirementOutOfRangeError(raw []byte) (*AnchorRegistryRetirementOutOfRange, error) {
	out := new(AnchorRegistryRetirementOutOfRange)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryRetirementOutOfRange", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistrySignatureExpired represents a AnchorRegistrySignatureExpired error raised by the AnchorRegistry contract.
type AnchorRegistrySignatureExpired struct {
	Deadline *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistrySignatureExpired(uint256 deadline)
func AnchorRegistrySignatureExpiredErrorID() common.Hash {
	return common.HexToHash("0x416a7264e542cc243323199de039596b9ee40c8ce82d023ce628ccfb23179c5b")
}

// UnpackSignatureExpiredError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistrySignatureExpired(uint256 deadline)
func (anchorRegistry *AnchorRegistry) UnpackSignatureExpiredError(raw []byte) (*AnchorRegistrySignatureExpired, error) {
	out := new(AnchorRegistrySignatureExpired)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistrySignatureExpired", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistryUnauthorized represents a AnchorRegistryUnauthorized error raised by the AnchorRegistry contract.
type AnchorRegistryUnauthorized struct {
	Caller     common.Address
	Controller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryUnauthorized(address caller, address controller)
func AnchorRegistryUnauthorizedErrorID() common.Hash {
	return common.HexToHash("0xe23f5b75702a5080ad8abdf509121021c394f5145e0692ba5306b440d3fb9853")
}

// UnpackUnauthorizedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryUnauthorized(address caller, address controller)
func (anchorRegistry *AnchorRegistry) UnpackUnauthorizedError(raw []byte) (*AnchorRegistryUnauthorized, error) {
	out := new(AnchorRegistryUnauthorized)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryUnauthorized", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistryVersionMismatch represents a AnchorRegistryVersionMismatch error raised by the AnchorRegistry contract.
type AnchorRegistryVersionMismatch struct {
	Given    uint64
	Expected uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryVersionMismatch(uint64 given, uint64 expected)
func AnchorRegistryVersionMismatchErrorID() common.Hash {
	return common.HexToHash("0xba882186bed6429d3fe41b96b2127ecac3de269da90a0714c9a937f7a50c4131")
}

// UnpackVersionMismatchError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryVersionMismatch(uint64 given, uint64 expected)
func (anchorRegistry *AnchorRegistry) UnpackVersionMismatchError(raw []byte) (*AnchorRegistryVersionMismatch, error) {
	out := new(AnchorRegistryVersionMismatch)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryVersionMismatch", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistryZeroController represents a AnchorRegistryZeroController error raised by the AnchorRegistry contract.
type AnchorRegistryZeroController struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryZeroController()
func AnchorRegistryZeroControllerErrorID() common.Hash {
	return common.HexToHash("0xfc4ff1924efd057208cb1975b55af2333a3b348eb8a0f666dcac389e20783dcd")
}

// UnpackZeroControllerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryZeroController()
func (anchorRegistry *AnchorRegistry) UnpackZeroControllerError(raw []byte) (*AnchorRegistryZeroController, error) {
	out := new(AnchorRegistryZeroController)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryZeroController", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// AnchorRegistryZeroRoot represents a AnchorRegistryZeroRoot error raised by the AnchorRegistry contract.
type AnchorRegistryZeroRoot struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AnchorRegistryZeroRoot()
func AnchorRegistryZeroRootErrorID() common.Hash {
	return common.HexToHash("0xe4c0041d1adb8ee96ef0dc0baf3adb1311b3a16ec798816d99bb85be82ab2419")
}

// UnpackZeroRootError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AnchorRegistryZeroRoot()
func (anchorRegistry *AnchorRegistry) UnpackZeroRootError(raw []byte) (*AnchorRegistryZeroRoot, error) {
	out := new(AnchorRegistryZeroRoot)
	if err := anchorRegistry.abi.UnpackIntoInterface(out, "AnchorRegistryZeroRoot", raw); err != nil {
		return nil, err
	}
	return out, nil
}
