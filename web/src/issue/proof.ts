import { homeText, parseAddress, parseHome } from './address.ts';
import { hex, unhex } from './bytes.ts';
import { type CID, parseCID } from './cid.ts';
import { fail } from './fault.ts';
import { type Draft, indexer, leafOf, submissionID } from './submission.ts';
import { follow } from './tree.ts';
import { digestOf, signerOf, submissionData } from './typed.ts';

/** proofSuffix ends the name of every proof file; before it stands the whole name of the credential's file. */
export const proofSuffix = '.proof.json';

/** mostBytes bounds a proof file (section 6). */
const mostBytes = 1 << 20;

/** pendingProofs makes the files of the proofs of a submission, in the order of its entries, as hallmark submit does. */
export function* pendingProofs(d: Draft, signature: string, node: string): Generator<{ name: string; text: string }> {
  const find = indexer(d.tree);
  for (const [i, e] of d.entries.entries()) {
    const proof = {
      hallmark: 1,
      credential: e.cid,
      salt: e.salt,
      submission: {
        issuer: d.issuer,
        home: homeText(d.home),
        count: d.entries.length,
        issuedAt: d.issuedAt,
        path: d.tree.path(find(d.leaves[i] as Uint8Array)).map(hex),
        signature,
      },
      hints: { node },
    };
    yield { name: e.name + proofSuffix, text: `${JSON.stringify(proof, null, 2)}\n` };
  }
}

/** A Proof is what the desk reads of a proof file: what names a credential in a status list. */
export interface Proof {
  name: string;
  credential: CID;
  salt: Uint8Array;
  issuer: string;
  home: string;
  leaf: Uint8Array;
  /** root is that of its submission. */
  root: Uint8Array;
  /** pending says that it has no evidence from a chain yet. */
  pending: boolean;
  /** submission is its id. */
  submission: string;
}

type Members = Record<string, unknown>;

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

/**
 * readProof reads a proof file and checks that its issuer signed for its leaf. Whether it is anchored does not matter for
 * what is said about it; a verifier tells.
 */
export function readProof(name: string, bytes: Uint8Array): Proof {
  let file: Members = {};
  try {
    file = bytes.length > mostBytes ? {} : members(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    // It is no JSON, so no proof: below.
  }
  const sub = members(file.submission);
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const number = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : -1);
  const credential = parseCID(text(file.credential));
  const salt = unhex(text(file.salt), 32);
  const issuer = parseAddress(text(sub.issuer));
  const home = parseHome(text(sub.home));
  const signature = unhex(text(sub.signature), 65);
  const path =
    Array.isArray(sub.path) && sub.path.length <= 64 ? sub.path.map((step) => unhex(text(step), 32)) : [undefined];
  const [count, issuedAt] = [number(sub.count), number(sub.issuedAt)];
  const steps = path.filter((step) => step !== undefined);
  if (file.hallmark !== 1 || !credential || !salt || !issuer || !home || !signature || steps.length !== path.length) {
    return fail('notProof', name);
  }
  if (count < 1 || issuedAt < 0) {
    return fail('notProof', name);
  }
  const leaf = leafOf(credential, salt);
  const root = follow(leaf, steps);
  const digest = digestOf(submissionData(home, root, count, issuedAt));
  if (signerOf(digest, signature) !== issuer) {
    return fail('notSigned', name);
  }
  const submission = hex(submissionID(issuer, digest));
  return { name, credential, salt, issuer, home: homeText(home), leaf, root, pending: !file.anchors, submission };
}
