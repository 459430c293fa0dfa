/**
 * CRC-64/XZ, which Go calls `crc64.ECMA`: reflected, polynomial 0xC96C5795D7870F42, with initial
 * value and result inverted. Loggregator routes metrics by it.
 *
 * @param text taken as UTF-8
 */
export function crc64(text: string): bigint {
  const bytes = Buffer.from(text, "utf8");
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (let i = 0; i < bytes.length; i += 1) {
    const index = (low ^ (bytes[i] as number)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (Low[index] as number);
    high = (high >>> 8) ^ (High[index] as number);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

// Halves of the table, because 64 bits in one number would take a bigint for every byte.
const High = new Uint32Array(256);
const Low = new Uint32Array(256);

for (let index = 0; index < 256; index += 1) {
  let high = 0;
  let low = index;
  for (let bit = 0; bit < 8; bit += 1) {
    const carry = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (carry === 1) {
      low ^= 0xd7870f42;
      high ^= 0xc96c5795;
    }
  }
  High[index] = high;
  Low[index] = low;
}
