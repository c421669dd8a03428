import { compare, concat, keccak, pause } from './bytes.ts';

/**
 * A Tree is one of section 2 of the specification: as OpenZeppelin's StandardMerkleTree, from leaves that are hashed
 * already.
 */
export interface Tree {
  root: Uint8Array;
  /** leaves are sorted, ascending. */
  leaves: Uint8Array[];
  /** path lists the siblings from sorted leaf number i up. */
  path(i: number): Uint8Array[];
}

/** chunk is how many hashes are made before the page may draw. */
const chunk = 2000;

/** buildTree makes the tree of at least one leaf, of which none may be there twice. */
export async function buildTree(unsorted: Uint8Array[]): Promise<Tree> {
  const leaves = [...unsorted].sort(compare);
  const n = leaves.length;
  if (n === 0 || leaves.some((leaf, i) => i > 0 && compare(leaf, leaves[i - 1] as Uint8Array) === 0)) {
    throw new Error('a tree has at least one leaf, and none twice');
  }
  const nodes = new Array<Uint8Array>(2 * n - 1);
  for (let i = 0; i < n; i++) {
    nodes[2 * n - 2 - i] = leaves[i] as Uint8Array;
  }
  for (let i = n - 2; i >= 0; i--) {
    nodes[i] = pair(nodes[2 * i + 1] as Uint8Array, nodes[2 * i + 2] as Uint8Array);
    if (i % chunk === chunk - 1) {
      await pause();
    }
  }
  const path = (i: number) => {
    const steps: Uint8Array[] = [];
    for (let at = 2 * n - 2 - i; at > 0; at = (at - 1) >> 1) {
      steps.push(nodes[at % 2 === 1 ? at + 1 : at - 1] as Uint8Array);
    }
    return steps;
  };
  return { root: nodes[0] as Uint8Array, leaves, path };
}

function pair(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compare(a, b) < 0 ? keccak(concat(a, b)) : keccak(concat(b, a));
}

/** follow returns the root that a path leads to from a leaf. */
export function follow(leaf: Uint8Array, path: Uint8Array[]): Uint8Array {
  return path.reduce(pair, leaf);
}
