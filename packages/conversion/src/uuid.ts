import type { UUID } from "@loggregator/api/v1";

// Dropsonde splits a UUID's 16 bytes into two halves and reads each as a little-endian uint64.

/** Hexadecimal digits in their groups. Any ASCII character may separate them, as in the reference. */
const groups =
  /^([\da-f]{8})[\0-\x7f]([\da-f]{4})[\0-\x7f]([\da-f]{4})[\0-\x7f]([\da-f]{4})[\0-\x7f]([\da-f]{12})$/i;

const bytes = new DataView(new ArrayBuffer(16));

/**
 * Parses the UUID in a text, such as `b3015d69-09cd-476d-aace-ad2d824d5ab7`; undefined for other
 * text.
 */
export function parseUuid(text: string): UUID | undefined {
  const match = groups.exec(text);
  if (match === null) {
    return undefined;
  }
  const digits = match.slice(1).join("");
  bytes.setBigUint64(0, BigInt(`0x${digits.slice(0, 16)}`));
  bytes.setBigUint64(8, BigInt(`0x${digits.slice(16)}`));
  return { low: bytes.getBigUint64(0, true), high: bytes.getBigUint64(8, true) };
}

/** Formats a UUID; all zeros for undefined. */
export function formatUuid(uuid: UUID | undefined): string {
  bytes.setBigUint64(0, uuid?.low ?? 0n, true);
  bytes.setBigUint64(8, uuid?.high ?? 0n, true);
  const first = hex(bytes.getUint32(0), 8);
  const second = hex(bytes.getUint16(4), 4);
  const third = hex(bytes.getUint16(6), 4);
  const fourth = hex(bytes.getUint16(8), 4);
  return `${first}-${second}-${third}-${fourth}-${hex(bytes.getUint16(10), 4)}${hex(bytes.getUint32(12), 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
