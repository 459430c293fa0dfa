import { MarshalError } from "../errors.js";
import type { Message } from "./message.js";

const nanosecondsPerSecond = 1_000_000_000;
const daySeconds = 86_400;
/** 0000-01-01T00:00:00 and 10000-01-01T00:00:00: the years of four digits. */
const firstSecond = -62_167_219_200;
const endSecond = 253_402_300_800;

// The last day that was written, and the last that was read: most messages have the same date.
const written = { day: Number.NaN, year: 0, month: 0, date: 0 };
const read = { date: -1, seconds: 0 };

/** Writes a TIMESTAMP of at most 32 bytes at `start`. Returns its end. */
export function writeTimestamp(
  buffer: Uint8Array,
  start: number,
  timestamp: bigint,
  offsetMinutes: number,
  useUtc: boolean,
): number {
  // Because of rounding to a double, the second may be off by one. The remainder fits into 32 bits,
  // so it is computed from the low bits alone, and used to correct the second. This is three times
  // as fast as dividing bigints.
  let second = Math.floor(Number(timestamp) / nanosecondsPerSecond);
  let rest = (Number(BigInt.asIntN(32, timestamp)) - Math.imul(second, nanosecondsPerSecond)) | 0;
  if (rest < 0) {
    second--;
    rest += nanosecondsPerSecond;
  } else if (rest >= nanosecondsPerSecond) {
    second++;
    rest -= nanosecondsPerSecond;
  }
  second += offsetMinutes * 60;
  if (!(second >= firstSecond && second < endSecond)) {
    throw new MarshalError("timestamp", timestamp, "must be in the years 0 to 9999");
  }
  const day = Math.floor(second / daySeconds);
  if (day !== written.day) {
    const date = new Date(day * daySeconds * 1000);
    written.day = day;
    written.year = date.getUTCFullYear();
    written.month = date.getUTCMonth() + 1;
    written.date = date.getUTCDate();
  }
  second -= day * daySeconds;
  const hour = Math.floor(second / 3600);
  const minute = Math.floor(second / 60) - hour * 60;
  const century = Math.floor(written.year / 100);

  let at = writeTwo(buffer, start, century);
  at = writeTwo(buffer, at, written.year - century * 100);
  buffer[at++] = 0x2d; // -
  at = writeTwo(buffer, at, written.month);
  buffer[at++] = 0x2d; // -
  at = writeTwo(buffer, at, written.date);
  buffer[at++] = 0x54; // T
  at = writeTwo(buffer, at, hour);
  buffer[at++] = 0x3a; // :
  at = writeTwo(buffer, at, minute);
  buffer[at++] = 0x3a; // :
  at = writeTwo(buffer, at, second - hour * 3600 - minute * 60);
  at = writeMicroseconds(buffer, at, Math.floor(rest / 1000));
  return useUtc ? writeZ(buffer, at) : writeOffset(buffer, at, offsetMinutes);
}

/** Writes the fraction without trailing zeros; nothing for 0. */
function writeMicroseconds(buffer: Uint8Array, start: number, microseconds: number): number {
  if (microseconds === 0) {
    return start;
  }
  buffer[start] = 0x2e; // .
  const upper = Math.floor(microseconds / 10_000);
  const middle = Math.floor(microseconds / 100) - upper * 100;
  let at = writeTwo(buffer, start + 1, upper);
  at = writeTwo(buffer, at, middle);
  at = writeTwo(buffer, at, microseconds - upper * 10_000 - middle * 100);
  while (buffer[at - 1] === 0x30) {
    at--;
  }
  return at;
}

function writeZ(buffer: Uint8Array, at: number): number {
  buffer[at] = 0x5a; // Z
  return at + 1;
}

function writeOffset(buffer: Uint8Array, start: number, offsetMinutes: number): number {
  const minutes = Math.abs(offsetMinutes);
  const hours = Math.floor(minutes / 60);
  buffer[start] = offsetMinutes < 0 ? 0x2d : 0x2b; // - or +
  const at = writeTwo(buffer, start + 1, hours);
  buffer[at] = 0x3a; // :
  return writeTwo(buffer, at + 1, minutes - hours * 60);
}

function writeTwo(buffer: Uint8Array, at: number, value: number): number {
  const tens = Math.floor(value / 10);
  buffer[at] = 0x30 + tens;
  buffer[at + 1] = 0x30 + value - tens * 10;
  return at + 2;
}

/**
 * Reads the TIMESTAMP from `start` to `end` into the message. Returns false if it is malformed.
 * Like go-loggregator, it accepts slightly more than RFC 5424 allows: an hour of one digit, a comma
 * before the fraction, a fraction of any length (digits beyond nanoseconds are dropped), and an
 * offset of up to 24:60. It rejects leap seconds, which go-loggregator rejects as well.
 */
export function readTimestamp(
  bytes: Uint8Array,
  start: number,
  end: number,
  message: Message,
): boolean {
  // 2026-01-02T3:04:05Z is the shortest valid timestamp.
  if (end - start < 19) {
    return false;
  }
  const century = readTwo(bytes, start);
  const year = readTwo(bytes, start + 2);
  const month = readTwo(bytes, start + 5);
  const date = readTwo(bytes, start + 8);
  if (century < 0 || year < 0 || month < 1 || month > 12 || date < 1) {
    return false;
  }
  if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d || bytes[start + 10] !== 0x54) {
    return false;
  }
  const day = dayStart(century * 100 + year, month, date);
  if (Number.isNaN(day)) {
    return false;
  }

  let at = start + 11;
  let hour = readTwo(bytes, at);
  if (hour >= 0) {
    at += 2;
  } else {
    hour = digit(bytes[at++] as number);
  }
  const minute = readTwo(bytes, at + 1);
  const second = readTwo(bytes, at + 4);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return false;
  }
  if (bytes[at] !== 0x3a || bytes[at + 3] !== 0x3a) {
    return false;
  }
  at += 6;

  let nanoseconds = 0;
  if (at + 1 < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
    let scale = nanosecondsPerSecond;
    const point = at++;
    for (; at < end; at++) {
      const value = digit(bytes[at] as number);
      if (value < 0) {
        break;
      }
      if (scale > 1) {
        scale /= 10;
        nanoseconds += value * scale;
      }
    }
    if (at === point + 1) {
      return false;
    }
  }

  message.useUtc = end - at === 1 && bytes[at] === 0x5a;
  if (!message.useUtc) {
    if (end - at !== 6 || bytes[at + 3] !== 0x3a) {
      return false;
    }
    const hours = readTwo(bytes, at + 1);
    const minutes = readTwo(bytes, at + 4);
    if (hours < 0 || hours > 24 || minutes < 0 || minutes > 60) {
      return false;
    }
    const ahead = hours * 60 + minutes;
    if (bytes[at] === 0x2b) {
      message.offsetMinutes = ahead;
    } else if (bytes[at] === 0x2d) {
      message.offsetMinutes = 0 - ahead;
    } else {
      return false;
    }
  }
  const seconds = day + hour * 3600 + minute * 60 + second - message.offsetMinutes * 60;
  message.timestamp = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  return true;
}

/** Returns the UNIX second at which the day begins; NaN for a day that does not exist. */
function dayStart(year: number, month: number, date: number): number {
  const key = (year * 100 + month) * 100 + date;
  if (key !== read.date) {
    const begin = new Date(0);
    // Not Date.UTC, which interprets the years 0 to 99 as 1900 to 1999.
    begin.setUTCFullYear(year, month - 1, date);
    read.date = key;
    read.seconds = begin.getUTCDate() === date ? begin.getTime() / 1000 : Number.NaN;
  }
  return read.seconds;
}

/** Returns the value of two digits; negative if they are not digits. */
function readTwo(bytes: Uint8Array, at: number): number {
  const tens = digit(bytes[at] as number);
  const ones = digit(bytes[at + 1] as number);
  return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

function digit(byte: number): number {
  return byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : -1;
}
