import { allocate } from "../allocate.js";
import { MarshalError } from "../errors.js";
import type { MessageInit, StructuredData } from "./message.js";
import { writeTimestamp } from "./timestamp.js";

const encoder = new TextEncoder();

// The buffer for everything before MSG, so that each message needs one allocation of its exact
// size.
const scratchBytes = 4096;
const keptBytes = 65_536;
let scratch = new Uint8Array(scratchBytes);

/**
 * Writes one message of RFC 5424, with the same bytes as go-loggregator: words that are too long
 * are truncated, empty ones become `-`, and an empty MSG is omitted together with its space.
 * Without a timestamp, the nil timestamp `-` is written.
 *
 * In Node.js, results share `ArrayBuffer`s, as small `Buffer`s do.
 *
 * @throws MarshalError if a property cannot be written.
 */
export function marshal(message: MessageInit): Uint8Array {
  return encode(message, false);
}

/** As `marshal`, preceded by the length in bytes and a space: octet counting (RFC 5425, 6587). */
export function marshalFrame(message: MessageInit): Uint8Array {
  return encode(message, true);
}

function encode(message: MessageInit, counted: boolean): Uint8Array {
  const head = writeStructuredData(message.structuredData ?? [], writeHeader(message));
  const body = bodyOf(message.message);
  const length = body.length === 0 ? head : head + 1 + body.length;
  const count = counted ? `${length} ` : "";

  const bytes = allocate(count.length + length);
  for (let i = 0; i < count.length; i++) {
    bytes[i] = count.charCodeAt(i);
  }
  bytes.set(scratch.subarray(0, head), count.length);
  if (body.length > 0) {
    bytes[count.length + head] = 0x20;
    bytes.set(body, count.length + head + 1);
  }
  if (scratch.length > keptBytes) {
    scratch = new Uint8Array(scratchBytes);
  }
  return bytes;
}

/** Writes `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID ` into the scratch. Returns its end. */
function writeHeader(message: MessageInit): number {
  const { priority, offsetMinutes = 0 } = message;
  if (!Number.isSafeInteger(priority)) {
    throw new MarshalError("priority", priority, "must be an integer");
  }
  // Receivers reject an offset of 25:00 or more.
  if (!Number.isInteger(offsetMinutes) || Math.abs(offsetMinutes) >= 25 * 60) {
    throw new MarshalError("offsetMinutes", offsetMinutes, "must be an integer from -1499 to 1499");
  }
  const buffer = scratch;
  let at = 0;
  buffer[at++] = 0x3c; // <
  at = writeInteger(buffer, at, priority);
  buffer[at++] = 0x3e; // >
  buffer[at++] = 0x31; // 1
  buffer[at++] = 0x20;
  if (message.timestamp === undefined) {
    buffer[at++] = 0x2d; // -
  } else {
    const timestamp = nanosecondsOf(message.timestamp);
    at = writeTimestamp(buffer, at, timestamp, offsetMinutes, message.useUtc ?? false);
  }
  buffer[at++] = 0x20;
  return writeWords(buffer, at, message);
}

function writeInteger(buffer: Uint8Array, start: number, value: number): number {
  const digits = String(value);
  for (let i = 0; i < digits.length; i++) {
    buffer[start + i] = digits.charCodeAt(i);
  }
  return start + digits.length;
}

function nanosecondsOf(timestamp: bigint | Date): bigint {
  if (typeof timestamp === "bigint") {
    return timestamp;
  }
  if (timestamp instanceof Date && !Number.isNaN(timestamp.getTime())) {
    return BigInt(timestamp.getTime()) * 1_000_000n;
  }
  throw new MarshalError("timestamp", timestamp, "must be a bigint of nanoseconds or a valid Date");
}

// The words of the last message: consecutive messages are mostly from one process, with equal
// words.
const words = new Uint8Array(512);
let wordsLength = 0;
let wordsOf: Pick<MessageInit, "hostname" | "appName" | "processId" | "messageId"> | undefined;

function writeWords(buffer: Uint8Array, at: number, message: MessageInit): number {
  const { hostname, appName, processId, messageId } = message;
  if (
    wordsOf === undefined ||
    hostname !== wordsOf.hostname ||
    appName !== wordsOf.appName ||
    processId !== wordsOf.processId ||
    messageId !== wordsOf.messageId
  ) {
    wordsOf = undefined;
    wordsLength = writeWord(words, 0, hostname, 255, "hostname");
    wordsLength = writeWord(words, wordsLength, appName, 48, "appName");
    wordsLength = writeWord(words, wordsLength, processId, 128, "processId");
    wordsLength = writeWord(words, wordsLength, messageId, 32, "messageId");
    wordsOf = { hostname, appName, processId, messageId };
  }
  buffer.set(words.subarray(0, wordsLength), at);
  return at + wordsLength;
}

/** Writes up to `most` characters and a space. As in go-loggregator, the rest is not checked. */
function writeWord(
  buffer: Uint8Array,
  start: number,
  word: string | undefined,
  most: number,
  property: string,
): number {
  let at = start;
  if (word === undefined || word === "") {
    buffer[at++] = 0x2d; // -
  } else {
    if (typeof word !== "string") {
      throw new MarshalError(property, word, "must be a string");
    }
    const length = Math.min(word.length, most);
    for (let i = 0; i < length; i++) {
      const code = word.charCodeAt(i);
      if (code < 0x21 || code > 0x7e) {
        throw new MarshalError(property, word, "must be printable US-ASCII without spaces");
      }
      buffer[at++] = code;
    }
  }
  buffer[at++] = 0x20;
  return at;
}

function writeStructuredData(elements: readonly StructuredData[], start: number): number {
  let at = start;
  if (elements.length === 0) {
    scratch[at++] = 0x2d; // -
  }
  for (let i = 0; i < elements.length; i++) {
    const { id, parameters } = elements[i] as StructuredData;
    at = writeName(at, 0x5b, id, i, -1); // [
    for (let j = 0; j < parameters.length; j++) {
      const parameter = parameters[j] as [string, string];
      at = writeName(at, 0x20, parameter[0], i, j);
      at = writeValue(at, parameter[1], i, j);
    }
    room(at, 1)[at++] = 0x5d; // ]
  }
  return at;
}

/**
 * Writes `before` and a name: the id of element `i` if `j` is -1, otherwise of its parameter `j`.
 */
function writeName(start: number, before: number, name: string, i: number, j: number): number {
  if (typeof name !== "string") {
    throw new MarshalError(namePath(i, j), name, "must be a string");
  }
  const buffer = room(start, name.length + 1);
  let at = start;
  buffer[at++] = before;
  for (let k = 0; k < name.length; k++) {
    const code = name.charCodeAt(k);
    if (code < 0x21 || code > 0x7e || code === 0x3d || code === 0x5d || code === 0x22) {
      const reason = 'must be printable US-ASCII without spaces, =, ] and "';
      throw new MarshalError(namePath(i, j), name, reason);
    }
    buffer[at++] = code;
  }
  return at;
}

/** Writes `="value"` with a backslash before each `"`, `\` and `]`. */
function writeValue(start: number, value: string, i: number, j: number): number {
  if (typeof value !== "string") {
    throw new MarshalError(valuePath(i, j), value, "must be a string");
  }
  const buffer = room(start, 3 * value.length + 3);
  let at = start;
  buffer[at++] = 0x3d; // =
  buffer[at++] = 0x22; // "
  for (let k = 0; k < value.length; k++) {
    const code = value.charCodeAt(k);
    if (code < 0x80) {
      if (code === 0x22 || code === 0x5c || code === 0x5d) {
        buffer[at++] = 0x5c;
      }
      buffer[at++] = code;
    } else if (code < 0x800) {
      buffer[at++] = 0xc0 | (code >> 6);
      buffer[at++] = 0x80 | (code & 0x3f);
    } else if (code < 0xd800 || code > 0xdfff) {
      buffer[at++] = 0xe0 | (code >> 12);
      buffer[at++] = 0x80 | ((code >> 6) & 0x3f);
      buffer[at++] = 0x80 | (code & 0x3f);
    } else {
      const point = value.codePointAt(k++) as number;
      if (point < 0x10000) {
        throw new MarshalError(valuePath(i, j), value, "must not contain lone surrogates");
      }
      buffer[at++] = 0xf0 | (point >> 18);
      buffer[at++] = 0x80 | ((point >> 12) & 0x3f);
      buffer[at++] = 0x80 | ((point >> 6) & 0x3f);
      buffer[at++] = 0x80 | (point & 0x3f);
    }
  }
  buffer[at++] = 0x22; // "
  return at;
}

/** Returns the scratch, with room for `more` bytes from `at` on. */
function room(at: number, more: number): Uint8Array {
  if (at + more > scratch.length) {
    const larger = new Uint8Array(2 * (at + more));
    larger.set(scratch.subarray(0, at));
    scratch = larger;
  }
  return scratch;
}

function bodyOf(body: MessageInit["message"]): Uint8Array {
  if (body === undefined) {
    return empty;
  }
  if (typeof body === "string") {
    return encoder.encode(body);
  }
  if (ArrayBuffer.isView(body)) {
    return body;
  }
  throw new MarshalError("message", body, "must be a Uint8Array or a string");
}

const empty = new Uint8Array(0);

function namePath(i: number, j: number): string {
  return j < 0 ? `structuredData[${i}].id` : `structuredData[${i}].parameters[${j}][0]`;
}

function valuePath(i: number, j: number): string {
  return `structuredData[${i}].parameters[${j}][1]`;
}
