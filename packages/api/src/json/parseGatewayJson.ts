import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import { decodeBase64Into } from "./base64.js";
import { bigintOfDigits } from "./bigintOfDigits.js";

/** Reads the JSON of a batch with care. Throws where it is none. */
type ReadWithCare = (json: string) => Envelope[];

/** An envelope's JSON between its timestamp and its message, and what it says. */
interface Head {
  readonly json: string;
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Reads a batch that is written just as gateways write: the fields in their order, none left out,
 * nothing escaped. Most of such text is what has come before, the ids and tags of a source: it is
 * compared with what is known of it, and parsed only where it differs. Timestamps and logs are read
 * by hand; all else is left to `readWithCare`.
 *
 * Returns undefined for text that is written in any other way, right or wrong: read that with care.
 */
export function parseGatewayJson(json: string, readWithCare: ReadWithCare): Envelope[] | undefined {
  if (!json.startsWith(batchStart) || json.includes("\\")) return undefined;
  const envelopes: Envelope[] = [];
  // The payloads of a batch share one buffer: making one for each is what would cost the most.
  const payloads = new Uint8Array((json.length >> 2) * 3);
  const ascii = asAscii(json);
  let free = 0;
  let at = batchStart.length;
  for (;;) {
    if (!json.startsWith(timestampStart, at)) return undefined;
    at += timestampStart.length;
    const endOfDigits = json.indexOf('"', at);
    const timestamp = bigintOfDigits(json, at, endOfDigits);
    if (timestamp === undefined) return undefined;
    at = endOfDigits + 1;

    const head = headAt(json, at) ?? readHead(json, at, readWithCare);
    if (head === undefined) return undefined;
    at += head.json.length;

    let message: Envelope["message"];
    if (json.startsWith(logStart, at)) {
      at += logStart.length;
      const endOfPayload = json.indexOf('"', at);
      if (endOfPayload < 0) return undefined;
      const chars = ascii ?? utf8.encode(json.slice(at, endOfPayload));
      const start = ascii === undefined ? 0 : at;
      const length = ascii === undefined ? chars.length : endOfPayload - at;
      const end = decodeBase64Into(chars, start, start + length, payloads, free);
      if (end < 0) return undefined;
      const payload = new Uint8Array(payloads.buffer, free, end - free);
      free = end;
      at = afterComma(json, endOfPayload + 1);
      if (at === endOfPayload + 1) return undefined;
      const type = json.startsWith(typeOut, at) ? 0 : json.startsWith(typeErr, at) ? 1 : -1;
      if (type < 0) return undefined;
      at += typeOut.length;
      message = { $case: "log", value: { payload, type: type as 0 | 1 } };
    } else {
      const end = endOfObject(json, at);
      if (end < 0) return undefined;
      const [envelope] = readWithCare(`{"batch":[{${json.slice(at, end)}]}`);
      if (envelope?.message === undefined) return undefined;
      message = envelope.message;
      at = end;
    }

    const { sourceId, instanceId, tags } = head;
    envelopes.push({
      timestamp,
      sourceId,
      instanceId,
      deprecatedTags: {},
      tags: { ...tags },
      message,
    });
    if (json.startsWith(batchEnd, at))
      return at + batchEnd.length === json.length ? envelopes : undefined;
    const next = afterComma(json, at);
    if (next === at) return undefined;
    at = next;
  }
}

const utf8 = new TextEncoder();
const kept = new Uint8Array(256 * 1024);

/**
 * The characters as bytes; undefined where there are others than those of ASCII. The text mostly is
 * a slice of a longer one, whose characters take twice as long to read one by one.
 */
function asAscii(json: string): Uint8Array | undefined {
  const bytes = json.length <= kept.length ? kept : new Uint8Array(json.length);
  const { read, written } = utf8.encodeInto(json, bytes);
  return read === json.length && written === read ? bytes : undefined;
}

const batchStart = '{"batch":[';
const batchEnd = "]}";
const timestampStart = '{"timestamp":"';
const logStart = '"log":{"payload":"';
const typeOut = '"type":"OUT"}}';
const typeErr = '"type":"ERR"}}';

const places = 256;
/** Longer heads are parsed each time. */
const maxHeadLength = 2048;
const heads: (Head | undefined)[] = new Array(places).fill(undefined);

/** The known head that stands at a place of the text. */
function headAt(json: string, at: number): Head | undefined {
  const head = heads[placeOf(json, at)];
  if (head === undefined) return undefined;
  // A slice is made without copying and compared in one go: ten times as fast as startsWith().
  return json.slice(at, at + head.json.length) === head.json ? head : undefined;
}

/** Hashes some characters of a source id, and where the tags of its kind may differ. */
function placeOf(json: string, at: number): number {
  let hash = 0;
  for (const offset of sampled) hash = Math.imul(hash, 31) + json.charCodeAt(at + offset);
  return (hash ^ (hash >>> 9)) & (places - 1);
}

// `,"source_id":"` is 14 characters long: these are in a source id that is a GUID, and behind it.
const sampled = [15, 17, 19, 21, 24, 29, 34, 39, 44, 49, 68, 69, 70];

function readHead(json: string, at: number, readWithCare: ReadWithCare): Head | undefined {
  const end = endOfHead(json, at);
  if (end < 0) return undefined;
  // It begins with the comma behind the timestamp, and ends with the one before the message.
  const head = json.slice(at, end);
  const [envelope] = readWithCare(`{"batch":[{"timestamp":"0"${head.trimEnd().slice(0, -1)}}]}`);
  if (envelope === undefined) return undefined;
  const { sourceId, instanceId, tags } = envelope;
  // A slice would keep the whole text alive; this makes a string of its own.
  const own = { json: ` ${head}`.slice(1), sourceId, instanceId, tags };
  if (head.length <= maxHeadLength) heads[placeOf(json, at)] = own;
  return own;
}

/** Where the message's name begins, behind ids, no deprecated tags, and tags; negative: not as expected. */
function endOfHead(json: string, at: number): number {
  let position = at;
  for (const field of ['"source_id":"', '"instance_id":"']) {
    position = afterComma(json, position);
    if (!json.startsWith(field, position)) return -1;
    position = json.indexOf('"', position + field.length) + 1;
    if (position === 0) return -1;
  }
  for (const field of ['"deprecated_tags":{}', '"tags":{']) {
    position = afterComma(json, position);
    if (!json.startsWith(field, position)) return -1;
    position += field.length;
  }
  // Names and values, until what follows a value is the end of the tags.
  while (json[position] === '"') {
    for (let quote = 0; quote < 3; quote++) {
      position = json.indexOf('"', position + 1);
      if (position < 0) return -1;
    }
    position = afterComma(json, position + 1);
  }
  if (json[position] !== "}") return -1;
  return afterComma(json, position + 1);
}

/** Where what began before `at` with a brace ends, that of an envelope: behind its brace; negative: nowhere. */
function endOfObject(json: string, at: number): number {
  let depth = 1;
  for (let position = at; position < json.length; position++) {
    switch (json.charCodeAt(position)) {
      case 0x22:
        position = json.indexOf('"', position + 1);
        if (position < 0) return -1;
        break;
      case 0x7b:
        depth++;
        break;
      case 0x7d:
        if (--depth === 0) return position + 1;
        break;
    }
  }
  return -1;
}

/** Behind a comma, and the space that some gateways write after it; `at` itself where there is none. */
function afterComma(json: string, at: number): number {
  if (json.charCodeAt(at) !== 0x2c) return at;
  return json.charCodeAt(at + 1) === 0x20 ? at + 2 : at + 1;
}
