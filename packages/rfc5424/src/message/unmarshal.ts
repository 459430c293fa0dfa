import { allocate } from "../allocate.js";
import { UnmarshalError, type UnmarshalProperty } from "../errors.js";
import { decodeText } from "./decodeText.js";
import type { Message, StructuredData } from "./message.js";
import { readTimestamp } from "./timestamp.js";

const space = 0x20;
const quote = 0x22;
const dash = 0x2d;
const one = 0x31;
const lessThan = 0x3c;
const equalsSign = 0x3d;
const greaterThan = 0x3e;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;

/** go-loggregator reads the priority as an int32. */
const maxPriority = 0x7fff_ffff;

/**
 * Reads one message of RFC 5424. Like go-loggregator, it accepts words and names of any length with
 * any characters, and empty structured data between two spaces. A word `-` becomes the empty
 * string, a timestamp `-` becomes `undefined`, and malformed UTF-8 outside MSG becomes U+FFFD. MSG
 * is copied byte for byte; in Node.js, copies share `ArrayBuffer`s, as small `Buffer`s do.
 *
 * The time is linear in the length of the input for any content.
 *
 * @throws UnmarshalError if the bytes are not a message; TypeError if `bytes` is not a Uint8Array.
 */
export function unmarshal(bytes: Uint8Array): Message {
  if (!ArrayBuffer.isView(bytes)) {
    throw new TypeError(`bytes must be a Uint8Array, got ${typeof bytes}`);
  }
  const message: Message = {
    priority: 0,
    timestamp: undefined,
    offsetMinutes: 0,
    useUtc: false,
    hostname: "",
    appName: "",
    processId: "",
    messageId: "",
    structuredData: [],
    message: empty,
  };
  const wordsStart = readStart(bytes, message);
  let at = endOfWord(bytes, wordsStart, "hostname") + 1;
  at = endOfWord(bytes, at, "appName") + 1;
  at = endOfWord(bytes, at, "processId") + 1;
  at = endOfWord(bytes, at, "messageId") + 1;
  const end = endOfStructuredData(bytes, at);
  readWords(decodeText(bytes, wordsStart, end), message);
  if (end < bytes.length) {
    if (bytes[end] !== space) {
      throw fail("message", bytes, end, "must follow a space");
    }
    // Not slice(), which shares the memory of a Node.js Buffer.
    message.message = allocate(bytes.length - end - 1);
    message.message.set(bytes.subarray(end + 1));
  }
  return message;
}

const empty = new Uint8Array(0);

/** Reads `<PRI>1 TIMESTAMP `. Returns its end. */
function readStart(bytes: Uint8Array, message: Message): number {
  if (bytes[0] !== lessThan) {
    throw fail("priority", bytes, 0, "must begin with <");
  }
  let at = 1;
  let priority = 0;
  for (; at < bytes.length; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) {
      break;
    }
    priority = Math.min(priority * 10 + digit, maxPriority + 1);
  }
  if (at === 1 || bytes[at] !== greaterThan || priority > maxPriority) {
    throw fail("priority", bytes, 0, `must be <0> to <${maxPriority}>`);
  }
  message.priority = priority;
  if (bytes[at + 1] !== one || bytes[at + 2] !== space) {
    throw fail("version", bytes, at + 1, "must be 1 followed by a space");
  }
  at += 3;
  const end = endOfWord(bytes, at, "timestamp");
  const isNil = end - at === 1 && bytes[at] === dash;
  if (!isNil && !readTimestamp(bytes, at, end, message)) {
    const word = bytes.subarray(0, Math.max(end, at + 1));
    throw fail("timestamp", word, at, "must be - or a time such as 2026-01-02T03:04:05.123456Z");
  }
  return end + 1;
}

/** Returns the end of a word: the position of the space after it. */
function endOfWord(bytes: Uint8Array, start: number, property: UnmarshalProperty): number {
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] === space) {
      return at;
    }
  }
  throw fail(property, bytes, bytes.length, "must be followed by a space");
}

/** Checks STRUCTURED-DATA. Returns its end. */
function endOfStructuredData(bytes: Uint8Array, start: number): number {
  if (start === bytes.length) {
    throw sdFail(bytes, start, "must be - or begin with [");
  }
  if (bytes[start] === dash) {
    return start + 1;
  }
  let at = start;
  while (at < bytes.length && bytes[at] !== space) {
    if (bytes[at] !== openBracket) {
      throw sdFail(bytes, at, "must be - or begin with [");
    }
    at = endOfElement(bytes, at + 1);
  }
  return at;
}

/** Checks an SD-ELEMENT. Returns its end, after the `]`. */
function endOfElement(bytes: Uint8Array, start: number): number {
  const length = bytes.length;
  let at = start;
  while (at < length && bytes[at] !== space && bytes[at] !== closeBracket) {
    at++;
  }
  while (at < length && bytes[at] === space) {
    while (at < length && bytes[at] !== equalsSign) {
      at++;
    }
    at++;
    if (at >= length || bytes[at] !== quote) {
      throw sdFail(bytes, at, 'must have a " after an =');
    }
    at++;
    while (at < length && bytes[at] !== quote) {
      at += bytes[at] === backslash ? 2 : 1;
    }
    at++;
  }
  if (at >= length || bytes[at] !== closeBracket) {
    throw sdFail(bytes, at, "must have a space or a ] after an id or a value");
  }
  return at + 1;
}

/** Reads the four words and the structured data after them, which have been checked. */
function readWords(text: string, message: Message): void {
  const appName = text.indexOf(" ") + 1;
  const processId = text.indexOf(" ", appName) + 1;
  const messageId = text.indexOf(" ", processId) + 1;
  let at = text.indexOf(" ", messageId) + 1;
  message.hostname = wordOf(text, 0, appName);
  message.appName = wordOf(text, appName, processId);
  message.processId = wordOf(text, processId, messageId);
  message.messageId = wordOf(text, messageId, at);
  while (at < text.length && text.charCodeAt(at) === openBracket) {
    at = readElement(text, at + 1, message.structuredData);
  }
}

/** Returns the word from `start` up to the space before `next`. */
function wordOf(text: string, start: number, next: number): string {
  const word = text.slice(start, next - 1);
  return word === "-" ? "" : word;
}

function readElement(text: string, start: number, elements: StructuredData[]): number {
  let at = start;
  while (text.charCodeAt(at) !== space && text.charCodeAt(at) !== closeBracket) {
    at++;
  }
  const parameters: StructuredData["parameters"] = [];
  elements.push({ id: text.slice(start, at), parameters });
  while (text.charCodeAt(at) === space) {
    const equals = text.indexOf("=", at);
    const name = text.slice(at + 1, equals);
    let escaped = false;
    at = equals + 2;
    for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(at)) {
      if (code === backslash) {
        escaped = true;
        at++;
      }
      at++;
    }
    const value = text.slice(equals + 2, at);
    // RFC 5424, section 6.3.3: a backslash before any other character is an ordinary character.
    parameters.push([name, escaped ? value.replace(/\\(["\\\]])/g, "$1") : value]);
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
