import { type Home, homeText, parseHome } from './address.ts';
import { ascii, compare, concat, hex, keccak, pause, unhex, word } from './bytes.ts';
import { type CID, parseCID } from './cid.ts';
import { fail } from './fault.ts';
import { buildTree, type Tree } from './tree.ts';
import { digestOf, submissionData, type TypedData } from './typed.ts';

/** An Item is a credential that is to be submitted. Its name is that of a file, with slashes, or its CID. */
export interface Item {
  name: string;
  cid: string;
}

/** An Entry is one with its salt, 32 bytes in hex: who loses that can never prove the credential. */
export interface Entry extends Item {
  salt: string;
}

/** mostCredentials is how many the desk submits at once. The command line takes a million. */
export const mostCredentials = 20_000;

/** A Draft is a submission without a signature. */
export interface Draft {
  issuer: string;
  home: Home;
  issuedAt: number;
  entries: Entry[];
  tree: Tree;
  /** leaves are those of the entries, in their order. */
  leaves: Uint8Array[];
}

/** draft gives each credential a new salt and puts them into a tree (sections 3.2 and 3.3 of the specification). */
export async function draft(issuer: string, home: Home, items: Item[], now = Date.now()): Promise<Draft> {
  const entries = items.map((item) => ({ name: item.name, cid: item.cid, salt: newSalt() }));
  return assemble(issuer, home, Math.floor(now / 1000), entries);
}

function newSalt(): string {
  return hex(crypto.getRandomValues(new Uint8Array(32)));
}

/** assemble makes a submission of entries that have their salts. */
export async function assemble(issuer: string, home: Home, issuedAt: number, entries: Entry[]): Promise<Draft> {
  const leaves: Uint8Array[] = [];
  for (const [i, e] of entries.entries()) {
    leaves.push(entryLeaf(e));
    if (i % 1000 === 999) {
      await pause();
    }
  }
  return { issuer, home, issuedAt, entries, leaves, tree: await buildTree(leaves) };
}

function entryLeaf(e: Entry): Uint8Array {
  const cid = parseCID(e.cid);
  const salt = unhex(e.salt, 32);
  if (!cid || !salt) {
    throw new Error(`${e.name} has no CID or salt`);
  }
  return leafOf(cid, salt);
}

/** leafOf commits to a credential and a salt (section 3.2): the double hash of abi.encode(bytes, bytes32). */
export function leafOf(cid: CID, salt: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(cid.bytes.length / 32) * 32);
  padded.set(cid.bytes);
  return keccak(keccak(concat(word(64), salt, word(cid.bytes.length), padded)));
}

/** dataOf is what is to be signed for a submission. */
export function dataOf(d: Draft): TypedData {
  return submissionData(d.home, d.tree.root, d.entries.length, d.issuedAt);
}

/** submissionID is the leaf of a submission in its batch (section 3.4). */
export function submissionID(issuer: string, digest: Uint8Array): Uint8Array {
  return keccak(keccak(concat(word(unhex(issuer, 20) ?? new Uint8Array()), digest)));
}

/**
 * A Kept submission is signed. It is all that has to be kept: proofs and what is sent follow from it. That is why the
 * same one can be sent again, and the node takes it once.
 */
export interface Kept {
  id: string;
  issuer: string;
  home: string;
  issuedAt: number;
  signature: string;
  entries: Entry[];
  /** saved says that its pending proofs are in a file of the person's, so that it may be sent. */
  saved: boolean;
  /** sent says that the node has it. */
  sent: boolean;
  /** done says that its complete proofs were saved. */
  done: boolean;
}

/** signed is a submission with its signature, which must be the issuer's. */
export function signed(d: Draft, signature: Uint8Array): Kept {
  return {
    id: hex(submissionID(d.issuer, digestOf(dataOf(d)))),
    issuer: d.issuer,
    home: homeText(d.home),
    issuedAt: d.issuedAt,
    signature: hex(signature),
    entries: d.entries,
    saved: false,
    sent: false,
    done: false,
  };
}

/** reopen puts a kept submission together again, and checks that it is still the one that was signed. */
export async function reopen(kept: Kept): Promise<Draft> {
  const home = parseHome(kept.home);
  if (!home) {
    return fail('keptBroken');
  }
  const d = await assemble(kept.issuer, home, kept.issuedAt, kept.entries);
  return hex(submissionID(d.issuer, digestOf(dataOf(d)))) === kept.id ? d : fail('keptBroken');
}

/** binarySubmission is the body by which a node is given one (section 10). It holds no CID, no name and no salt. */
export function binarySubmission(d: Draft, signature: string): Uint8Array<ArrayBuffer> {
  const number = (n: number) => word(n).subarray(24);
  return concat(
    ascii('hallmrk\x01'),
    unhex(d.issuer, 20) ?? new Uint8Array(),
    number(d.home.chain),
    unhex(d.home.registry, 20) ?? new Uint8Array(),
    d.tree.root,
    number(d.entries.length),
    number(d.issuedAt),
    unhex(signature, 65) ?? new Uint8Array(),
    ...d.tree.leaves,
  );
}

/** indexer finds the place of a leaf among those of a tree. */
export function indexer(tree: Tree): (leaf: Uint8Array) => number {
  return (leaf) => {
    let [low, high] = [0, tree.leaves.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(tree.leaves[middle] as Uint8Array, leaf) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
}

/** leafNames are the names of kept credentials by their leaves, in hex. */
export function leafNames(all: Kept[]): Map<string, string> {
  return new Map(all.flatMap((kept) => kept.entries.map((e) => [hex(entryLeaf(e)), e.name] as const)));
}
