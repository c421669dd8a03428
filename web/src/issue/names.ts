// temporary until the engine is there
import { sha256 } from '@noble/hashes/sha2.js';
import type { Namer } from './gather.ts';
export const namer: Namer = async (_name, bytes) => {
  const all = [1, 0x55, 0x12, 32, ...sha256(bytes)];
  let [o, v, n] = ['b', 0, 0];
  for (const x of all) {
    v = (v << 8) | x;
    n += 8;
    while (n >= 5) {
      o += 'abcdefghijklmnopqrstuvwxyz234567'[(v >> (n - 5)) & 31];
      n -= 5;
    }
    v &= (1 << n) - 1;
  }
  return { cid: n ? o + 'abcdefghijklmnopqrstuvwxyz234567'[(v << (5 - n)) & 31] : o };
};
