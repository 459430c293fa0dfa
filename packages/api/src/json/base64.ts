// Base64 in protojson's form: written with the standard alphabet and padding; read with either
// alphabet (not both), with or without padding. The built-in decoders accept other forms.

const toChar = new Uint8Array(64);
// Two flags above the six bits, which are not copied into bytes, distinguish the alphabets.
const standard = 0x1000;
const urlSafe = 0x2000;
const toBits = new Int16Array(256).fill(-1);
let bits = 0;
for (const range of ["AZ", "az", "09", "++", "//"]) {
  for (let char = range.charCodeAt(0); char <= range.charCodeAt(1); char++) {
    toChar[bits] = char;
    toBits[char] = bits < 62 ? bits : bits | standard;
    bits++;
  }
}
toBits["-".charCodeAt(0)] = 62 | urlSafe;
toBits["_".charCodeAt(0)] = 63 | urlSafe;

const ascii = /* @__PURE__ */ new TextDecoder();
const utf8 = new TextEncoder();
const pad = "=".charCodeAt(0);

/** Encodes bytes as base64. */
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

/** Decodes base64. Returns undefined if the text is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const chars = utf8.encode(text);
  const bytes = new Uint8Array((chars.length >> 2) * 3 + 3);
  const end = decodeBase64Into(chars, 0, chars.length, bytes, 0);
  return end < 0 ? undefined : bytes.slice(0, end);
}

/**
 * Decodes base64, given as ASCII characters, into `bytes` starting at `to`. There must be room for
 * three bytes for each started group of four characters. Returns the end of the bytes, or a
 * negative number if the characters are not base64.
 */
export function decodeBase64Into(
  chars: Uint8Array,
  start: number,
  end: number,
  bytes: Uint8Array,
  to: number,
): number {
  let last = end;
  while (last > start && chars[last - 1] === pad) {
    last--;
  }
  const padding = end - last;
  const length = last - start;
  // One character has 6 bits, which is less than a byte; padding fills the last group of four.
  if (length < 0 || length % 4 === 1) {
    return -1;
  }
  if (padding > 0 && (padding > 2 || (end - start) % 4 !== 0)) {
    return -1;
  }
  let at = to;
  let seen = 0;
  const whole = last - (length % 4);
  for (let i = start; i < whole; i += 4) {
    const a = toBits[chars[i] as number] as number;
    const b = toBits[chars[i + 1] as number] as number;
    const c = toBits[chars[i + 2] as number] as number;
    const d = toBits[chars[i + 3] as number] as number;
    seen |= a | b | c | d;
    bytes[at] = (a << 2) | (b >>> 4);
    bytes[at + 1] = (b << 4) | (c >>> 2);
    bytes[at + 2] = (c << 6) | d;
    at += 3;
  }
  if (whole < last) {
    const a = toBits[chars[whole] as number] as number;
    const b = toBits[chars[whole + 1] as number] as number;
    const c = whole + 2 < last ? (toBits[chars[whole + 2] as number] as number) : 0;
    seen |= a | b | c;
    bytes[at++] = (a << 2) | (b >>> 4);
    if (whole + 2 < last) {
      bytes[at++] = (b << 4) | (c >>> 2);
    }
  }
  const invalid = seen < 0 || (seen & (standard | urlSafe)) === (standard | urlSafe);
  return invalid ? -1 : at;
}
