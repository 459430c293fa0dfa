import { allocate } from "./allocate.js";
import { UnmarshalError, type UnmarshalProperty } from "./errors.js";
import type { Message, StructuredData } from "./message.js";
import { decodeText } from "./text.js";
import { readTimestamp } from "./timestamp.js";

const SPACE = 0x20;
const QUOTE = 0x22;
const DASH = 0x2d;
const ONE = 0x31;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;

/** Go's priority is read as an int32. */
const MAX_PRIORITY = 0x7fff_ffff;

/**
 * Reads one message of RFC 5424. It takes what go-loggregator takes: words and names of any length
 * and any characters, and structured data left out between two spaces. A word `-` becomes the empty
 * string, malformed UTF-8 outside MSG becomes U+FFFD, and MSG is copied byte for byte. The time it
 * needs grows with the length of the input, whatever is in it. In Node.js the copy may stand in an
 * `ArrayBuffer` with others, as a `Buffer` does.
 *
 * @throws {UnmarshalError} where the bytes are no message
 */
export function unmarshal(bytes: Uint8Array): Message {
  if (!ArrayBuffer.isView(bytes)) {
    throw new TypeError(`bytes must be a Uint8Array, got ${typeof bytes}`);
  }
  const message: Message = {
    priority: 0,
    timestamp: 0n,
    offsetMinutes: 0,
    useUtc: false,
    hostname: "",
    appName: "",
    processId: "",
    messageId: "",
    structuredData: [],
    message: EMPTY,
  };
  const wordsStart = readStart(bytes, message);
  let at = endOfWord(bytes, wordsStart, "hostname") + 1;
  at = endOfWord(bytes, at, "appName") + 1;
  at = endOfWord(bytes, at, "processId") + 1;
  at = endOfWord(bytes, at, "messageId") + 1;
  const end = endOfStructuredData(bytes, at);
  readWords(decodeText(bytes, wordsStart, end), message);
  if (end < bytes.length) {
    if (bytes[end] !== SPACE) throw fail("message", bytes, end, "must come after a space");
    // Not slice, which on a Node.js Buffer shares the memory.
    message.message = allocate(bytes.length - end - 1);
    message.message.set(bytes.subarray(end + 1));
  }
  return message;
}

const EMPTY = new Uint8Array(0);

/** Reads `<PRI>1 TIMESTAMP `, and returns where it ends. */
function readStart(bytes: Uint8Array, message: Message): number {
  if (bytes[0] !== LESS) throw fail("priority", bytes, 0, "must begin with <");
  let at = 1;
  let priority = 0;
  for (; at < bytes.length; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    priority = Math.min(priority * 10 + digit, MAX_PRIORITY + 1);
  }
  if (at === 1 || bytes[at] !== GREATER || priority > MAX_PRIORITY) {
    throw fail("priority", bytes, 0, `must be <0> to <${MAX_PRIORITY}>`);
  }
  message.priority = priority;
  if (bytes[at + 1] !== ONE || bytes[at + 2] !== SPACE) {
    throw fail("version", bytes, at + 1, "must be 1, and a space");
  }
  at += 3;
  const end = endOfWord(bytes, at, "timestamp");
  if (!readTimestamp(bytes, at, end, message)) {
    const word = bytes.subarray(0, Math.max(end, at + 1));
    throw fail("timestamp", word, at, "must be a time such as 2026-01-02T03:04:05.123456Z");
  }
  return end + 1;
}

/** Where the space after the word is. */
function endOfWord(bytes: Uint8Array, start: number, property: UnmarshalProperty): number {
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] === SPACE) return at;
  }
  throw fail(property, bytes, bytes.length, "must be followed by a space");
}

/** Checks STRUCTURED-DATA, and returns where it ends. */
function endOfStructuredData(bytes: Uint8Array, start: number): number {
  if (start === bytes.length) throw sdFail(bytes, start, "must be - or begin with [");
  if (bytes[start] === DASH) return start + 1;
  let at = start;
  while (at < bytes.length && bytes[at] !== SPACE) {
    if (bytes[at] !== OPEN) throw sdFail(bytes, at, "must be - or begin with [");
    at = endOfElement(bytes, at + 1);
  }
  return at;
}

/** Where the byte behind the element's `]` is. */
function endOfElement(bytes: Uint8Array, start: number): number {
  const length = bytes.length;
  let at = start;
  while (at < length && bytes[at] !== SPACE && bytes[at] !== CLOSE) at++;
  while (at < length && bytes[at] === SPACE) {
    while (at < length && bytes[at] !== EQUALS) at++;
    at++;
    if (at >= length || bytes[at] !== QUOTE) throw sdFail(bytes, at, 'must have a " after an =');
    at++;
    while (at < length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    at++;
  }
  if (at >= length || bytes[at] !== CLOSE) {
    throw sdFail(bytes, at, "must have a space or a ] after an id or a value");
  }
  return at + 1;
}

/** Takes apart the four words and the structured data behind them, whose form has been checked. */
function readWords(text: string, message: Message): void {
  const appName = text.indexOf(" ") + 1;
  const processId = text.indexOf(" ", appName) + 1;
  const messageId = text.indexOf(" ", processId) + 1;
  let at = text.indexOf(" ", messageId) + 1;
  message.hostname = wordOf(text, 0, appName);
  message.appName = wordOf(text, appName, processId);
  message.processId = wordOf(text, processId, messageId);
  message.messageId = wordOf(text, messageId, at);
  while (at < text.length && text.charCodeAt(at) === OPEN) {
    at = readElement(text, at + 1, message.structuredData);
  }
}

/** The word from `start` up to the space before `next`. */
function wordOf(text: string, start: number, next: number): string {
  const word = text.slice(start, next - 1);
  return word === "-" ? "" : word;
}

function readElement(text: string, start: number, elements: StructuredData[]): number {
  let at = start;
  while (text.charCodeAt(at) !== SPACE && text.charCodeAt(at) !== CLOSE) at++;
  const parameters: StructuredData["parameters"] = [];
  elements.push({ id: text.slice(start, at), parameters });
  while (text.charCodeAt(at) === SPACE) {
    const equals = text.indexOf("=", at);
    const name = text.slice(at + 1, equals);
    let escaped = false;
    at = equals + 2;
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
      if (code === BACKSLASH) {
        escaped = true;
        at++;
      }
      at++;
    }
    const value = text.slice(equals + 2, at);
    parameters.push([name, escaped ? value.replace(/\\(.)/gs, "$1") : value]);
    at++;
  }
  return at + 1;
}

function sdFail(bytes: Uint8Array, at: number, reason: string): UnmarshalError {
  return fail("structuredData", bytes, at, reason);
}

function fail(
  property: UnmarshalProperty,
  bytes: Uint8Array,
  at: number,
  reason: string,
): UnmarshalError {
  return new UnmarshalError(
    property,
    decodeText(bytes, at, Math.min(bytes.length, at + 40)),
    reason,
  );
}
