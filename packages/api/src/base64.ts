// Base64 as protojson has it: written with the standard alphabet and padding, read with either
// alphabet (not both), padding or none. Every runtime has a decoder of its own, and no two the same one.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const toChar = Uint8Array.from(alphabet, (char) => char.charCodeAt(0));
// Two marks above the six bits, where no byte takes them over, tell the alphabets apart.
const standard = 0x1000;
const urlSafe = 0x2000;
const toBits = new Int16Array(128).fill(-1);
for (let i = 0; i < 62; i++) toBits[toChar[i] as number] = i;
toBits["+".charCodeAt(0)] = 62 | standard;
toBits["/".charCodeAt(0)] = 63 | standard;
toBits["-".charCodeAt(0)] = 62 | urlSafe;
toBits["_".charCodeAt(0)] = 63 | urlSafe;

const ascii = new TextDecoder();
const pad = "=".charCodeAt(0);

/** The bytes as base64. */
export function encodeBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out[at++] = toChar[group >>> 18] as number;
    out[at++] = toChar[(group >>> 12) & 63] as number;
    out[at++] = i + 1 < bytes.length ? (toChar[(group >>> 6) & 63] as number) : pad;
    out[at++] = i + 2 < bytes.length ? (toChar[group & 63] as number) : pad;
  }
  return ascii.decode(out);
}

/** The bytes that the text stands for; undefined where it is no base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  let length = text.length;
  while (length > 0 && text.charCodeAt(length - 1) === pad) length--;
  const padding = text.length - length;
  // One character holds 6 bits, which are no byte; padding fills the last group of four.
  if (length % 4 === 1 || (padding > 0 && (padding > 2 || text.length % 4 !== 0))) return undefined;
  const bytes = new Uint8Array((length * 3) >>> 2);
  let at = 0;
  let seen = 0;
  for (let i = 0; i < length; i += 4) {
    // Beyond the end the characters count as zeros, and typed arrays ignore writes beyond theirs.
    const a = bitsAt(text, i);
    const b = bitsAt(text, i + 1);
    const c = i + 2 < length ? bitsAt(text, i + 2) : 0;
    const d = i + 3 < length ? bitsAt(text, i + 3) : 0;
    seen |= a | b | c | d;
    bytes[at++] = (a << 2) | (b >>> 4);
    bytes[at++] = (b << 4) | (c >>> 2);
    bytes[at++] = (c << 6) | d;
  }
  const invalid = seen < 0 || (seen & (standard | urlSafe)) === (standard | urlSafe);
  return invalid ? undefined : bytes;
}

/** The six bits of a character, negative where it is none of the alphabet's. */
function bitsAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit < 128 ? (toBits[unit] as number) : -1;
}
