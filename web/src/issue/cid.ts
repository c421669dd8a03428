const letters = 'abcdefghijklmnopqrstuvwxyz234567';

/** Codecs of the CIDs of credentials (section 3.1). */
export const codecRaw = 0x55;
export const codecJCS = 0xb601;

/** lengths are those of the digests that are allowed, by the code of their multihash. */
const lengths: Record<number, [least: number, most: number]> = {
  18: [32, 32], // sha2-256
  19: [64, 64], // sha2-512
  22: [32, 32], // sha3-256
  27: [32, 32], // keccak-256
  30: [32, 128], // blake3
};

/** A CID is the name of a credential. */
export interface CID {
  text: string;
  bytes: Uint8Array;
  codec: number;
  /** hash is the code of the multihash. */
  hash: number;
  digest: Uint8Array;
}

/** sha256Code is the multihash of most CIDs, and the only one that a status list can point to. */
export const sha256Code = 0x12;

/** parseCID reads the text form; undefined if it is not one that section 3.1 allows. */
export function parseCID(text: string): CID | undefined {
  if (!/^b[a-z2-7]{1,220}$/.test(text)) {
    return undefined;
  }
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const c of text.slice(1)) {
    held = (held << 5) | letters.indexOf(c);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
      held &= (1 << bits) - 1;
    }
  }
  if (bits >= 5 || held !== 0) {
    return undefined; // not the one way to write these bytes
  }
  return readCID(Uint8Array.from(bytes), text);
}

function readCID(bytes: Uint8Array, text: string): CID | undefined {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const b = bytes[at++];
      if (b === undefined || (b === 0 && shift > 0)) {
        return -1;
      }
      value += (b & 0x7f) * 2 ** shift;
      if (b < 0x80) {
        return value;
      }
    }
    return -1;
  };
  const [version, codec, hash, length] = [varint(), varint(), varint(), varint()];
  const allowed = lengths[hash];
  const digest = bytes.slice(at);
  const known = version === 1 && (codec === codecRaw || codec === codecJCS) && allowed;
  if (!known || length !== digest.length || length < allowed[0] || length > allowed[1]) {
    return undefined;
  }
  return { text, bytes, codec, hash, digest };
}
