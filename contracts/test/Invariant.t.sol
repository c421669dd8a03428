// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./RegistryTest.sol";
import {Vm, vm} from "./Vm.sol";

uint256 constant ROOTS = 4;
uint256 constant KEYS = 3;

/**
 * @dev Has a few keys call everything in any order, with and without the right to, and watches from outside: around each
 * call it reads the whole state twice and says what changed that must not have.
 */
contract Handler is RegistryTest {
    struct State {
        bytes32[ROOTS] anchors;
        bytes32[KEYS] statusRoots;
        uint64[KEYS] retiredFrom;
        uint64[KEYS] versions;
        uint64[KEYS] updatedAt;
        address[KEYS] controllers;
    }

    /// @dev What was seen that must not be; empty while all is well.
    string public violation;
    /// @dev How many calls changed something, by kind, and how many were refused.
    uint256 public anchored;
    uint256 public replaced;
    uint256 public retired;
    uint256 public handedOver;
    uint256 public refused;

    address[KEYS] private people;

    constructor() {
        setUp();
        for (uint256 i = 0; i < KEYS; ++i) {
            people[i] = vm.addr(keyOf(i));
        }
    }

    /// @dev Watches a call about issuer number `subject` in which somebody speaks, as sender or by signature: `speaker`
    /// is who has the right to, one time in two, else anybody.
    modifier watched(uint256 speaker, uint256 subject) {
        State memory before = state();
        _;
        check(before, state(), people[pick(speaker, subject, before)], subject % KEYS);
    }

    function anchor(uint256 who, uint256 root, bytes32 manifest) external watched(who, 0) {
        attempt(who % KEYS, abi.encodeCall(registry.anchor, (rootOf(root), manifest)));
    }

    function setStatus(uint256 who, uint256 subject, uint256 version, bytes32 root) external watched(who, subject) {
        address target = people[subject % KEYS];
        bytes memory data = abi.encodeCall(registry.setStatus, (target, near(target, version), root, root));
        attempt(pick(who, subject, state()), data);
    }

    function setStatusBySig(uint256 signer, uint256 subject, uint256 version, bytes32 root)
        external
        watched(signer, subject)
    {
        address target = people[subject % KEYS];
        uint64 number = near(target, version);
        uint256 deadline = root[0] == 0x01 ? block.timestamp - 1 : block.timestamp; // late, sometimes
        bytes32 digest = statusDigest(target, number, root, root, deadline);
        bytes memory signature = sign(keyOf(pick(signer, subject, state())), digest);
        attempt(signer / 7, abi.encodeCall(registry.setStatusBySig, (target, number, root, root, deadline, signature)));
    }

    function retire(uint256 who, uint256 subject, uint64 from) external watched(who, subject) {
        from %= uint64(block.timestamp + 10);
        bytes memory data = abi.encodeCall(registry.retire, (people[subject % KEYS], from));
        attempt(pick(who, subject, state()), data);
    }

    function retireBySig(uint256 signer, uint256 subject, uint64 from) external watched(signer, subject) {
        address target = people[subject % KEYS];
        from %= uint64(block.timestamp + 10);
        bytes32 digest = retireDigest(target, from, block.timestamp);
        bytes memory signature = sign(keyOf(pick(signer, subject, state())), digest);
        attempt(signer / 7, abi.encodeCall(registry.retireBySig, (target, from, block.timestamp, signature)));
    }

    function setController(uint256 who, uint256 subject, uint256 next) external watched(who, subject) {
        bytes memory data = abi.encodeCall(registry.setController, (people[subject % KEYS], orZero(next)));
        attempt(pick(who, subject, state()), data);
    }

    function setControllerBySig(uint256 signer, uint256 subject, uint256 current, uint256 next)
        external
        watched(signer, subject)
    {
        address target = people[subject % KEYS];
        address from = current % 4 == 0 ? orZero(current / 4) : registry.controllers(target);
        bytes32 digest = controllerDigest(target, from, orZero(next), block.timestamp);
        bytes memory signature = sign(keyOf(pick(signer, subject, state())), digest);
        attempt(
            signer / 7,
            abi.encodeCall(registry.setControllerBySig, (target, from, orZero(next), block.timestamp, signature))
        );
    }

    function pass(uint16 secondsAhead) external {
        vm.warp(block.timestamp + secondsAhead);
        vm.roll(block.number + 1);
    }

    function attempt(uint256 who, bytes memory data) private {
        vm.prank(people[who % KEYS]);
        (bool ok,) = address(registry).call(data);
        if (!ok) ++refused;
    }

    function check(State memory a, State memory b, address speaker, uint256 subject) private {
        for (uint256 i = 0; i < ROOTS; ++i) {
            if (a.anchors[i] == b.anchors[i]) continue;
            ++anchored;
            if (a.anchors[i] != 0) violation = "the record of a root changed";
        }
        for (uint256 i = 0; i < KEYS; ++i) {
            bool status = a.statusRoots[i] != b.statusRoots[i] || a.versions[i] != b.versions[i];
            bool key = a.retiredFrom[i] != b.retiredFrom[i];
            bool control = a.controllers[i] != b.controllers[i];
            if (status) ++replaced;
            if (key) ++retired;
            if (control) ++handedOver;

            if (status || key || control) {
                address entitled = a.controllers[i] == address(0) ? people[i] : a.controllers[i];
                if (speaker != entitled) violation = "somebody without the right changed an issuer";
                if (i != subject) violation = "a call for one issuer changed another";
            }
            if (status && b.versions[i] != a.versions[i] + 1) violation = "a version did not rise by one";
            if (status && b.updatedAt[i] != block.timestamp) violation = "updatedAt is not the time of the update";
            if (!status && b.updatedAt[i] != a.updatedAt[i]) violation = "updatedAt moved without an update";
            if (a.versions[i] != 0 && b.statusRoots[i] == 0) violation = "a status root went back to zero";
            if (key && a.retiredFrom[i] != 0 && b.retiredFrom[i] >= a.retiredFrom[i]) {
                violation = "a retirement moved later";
            }
            if (key && (b.retiredFrom[i] == 0 || b.retiredFrom[i] > block.timestamp)) {
                violation = "a retirement was taken back or lies ahead";
            }
            if (control && b.controllers[i] == address(0)) violation = "a controller went back to zero";
        }
    }

    function state() private view returns (State memory s) {
        for (uint256 i = 0; i < ROOTS; ++i) {
            s.anchors[i] = vm.load(address(registry), keccak256(abi.encode(rootOf(i), uint256(0))));
        }
        for (uint256 i = 0; i < KEYS; ++i) {
            (s.statusRoots[i], s.retiredFrom[i], s.versions[i], s.updatedAt[i]) = registry.issuers(people[i]);
            s.controllers[i] = registry.controllers(people[i]);
        }
    }

    /// @dev The right version three times in four, else one beside it.
    function near(address target, uint256 version) private view returns (uint64) {
        (,, uint64 stored,) = registry.issuers(target);
        return version % 4 == 0 ? stored + uint64(version / 4 % 2) * 2 : stored + 1;
    }

    function orZero(uint256 n) private view returns (address) {
        return n % 8 == 0 ? address(0) : people[n % KEYS];
    }

    function rootOf(uint256 n) private pure returns (bytes32) {
        return keccak256(abi.encode("root", n % ROOTS));
    }

    function keyOf(uint256 n) private pure returns (uint256) {
        return 1 + n % KEYS;
    }

    function pick(uint256 n, uint256 subject, State memory s) private view returns (uint256) {
        if (n % 2 == 0) return n / 2 % KEYS;
        address controller = s.controllers[subject % KEYS];
        for (uint256 i = 0; i < KEYS; ++i) {
            if (people[i] == controller) return i;
        }
        return subject % KEYS;
    }
}

contract InvariantTest {
    Handler private handler;

    function setUp() public {
        handler = new Handler();
    }

    /// @dev forge asks these two: call the handler, and only its actions.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (Vm.FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](8);
        actions[0] = Handler.anchor.selector;
        actions[1] = Handler.setStatus.selector;
        actions[2] = Handler.setStatusBySig.selector;
        actions[3] = Handler.retire.selector;
        actions[4] = Handler.retireBySig.selector;
        actions[5] = Handler.setController.selector;
        actions[6] = Handler.setControllerBySig.selector;
        actions[7] = Handler.pass.selector;
        targets = new Vm.FuzzSelector[](1);
        targets[0] = Vm.FuzzSelector(address(handler), actions);
    }

    /// @dev A root's record never changes; nobody without the right changes an issuer; versions rise by one; updatedAt
    /// moves with them only; a retirement only moves earlier; a controller never goes back to zero.
    function invariantHistoryOnlyMovesAsPromised() public view {
        vm.assertEq(handler.violation(), "", "violation");
    }

    /// @dev Otherwise the above would hold of a registry that refuses everything, or of a handler that never asks.
    function testTheHandlerMakesHistory() public {
        for (uint256 i = 0; i < 40; ++i) {
            uint256 n = uint256(keccak256(abi.encode(i)));
            handler.anchor(n, n >> 8, bytes32(n));
            handler.setStatus(n, n >> 8, n >> 16, bytes32(n));
            handler.setStatusBySig(n, n >> 8, n >> 16, bytes32(n));
            handler.retire(n, n >> 8, uint64(n >> 16));
            handler.retireBySig(n, n >> 8, uint64(n >> 16));
            handler.setController(n, n >> 8, n >> 16);
            handler.setControllerBySig(n, n >> 8, n >> 16, n >> 24);
            handler.pass(uint16(n));
        }
        vm.assertEq(handler.violation(), "", "violation");
        vm.assertEq(handler.anchored(), ROOTS, "every root was anchored, once");
        vm.assertTrue(handler.replaced() > 10, "status lists were replaced");
        vm.assertTrue(handler.retired() > 2, "keys were retired");
        vm.assertTrue(handler.handedOver() > 10, "controllers were changed");
        vm.assertTrue(handler.refused() > 10, "calls were refused");
    }
}
