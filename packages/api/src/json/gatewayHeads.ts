import type { Envelope } from "../gen/loggregator/v2/envelope.js";

/** An envelope's JSON between its timestamp and its message, and its values. */
export interface GatewayHead {
  readonly json: string;
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
}

// A hash table with one slot per hash: a new head replaces the one in its slot. At most 256 heads
// of up to 2048 characters are kept.
const places = 256;
/** The maximum length of a cached head in characters. */
const maxLength = 2048;
const heads: (GatewayHead | undefined)[] = new Array(places).fill(undefined);

/** Matches the part between the timestamp and the message: ids, no deprecated tags, and tags. */
const headForm =
  /, ?"source_id":"[^"]*", ?"instance_id":"[^"]*", ?"deprecated_tags":\{\}, ?"tags":\{(?:"[^"]*":"[^"]*"(?:, ?|(?=\})))*\}, ?/y;

/** Reads the head at a position of the text. Returns undefined if it is in another form. */
export function readHead(
  json: string,
  at: number,
  parseAnyJson: (json: string) => Envelope[],
): GatewayHead | undefined {
  const place = placeOf(json, at);
  const known = heads[place];
  // Creating a slice does not copy, and comparing it is ten times as fast as startsWith().
  if (known !== undefined && json.slice(at, at + known.json.length) === known.json) {
    return known;
  }
  headForm.lastIndex = at;
  if (!headForm.test(json)) {
    return undefined;
  }
  // The head starts with the comma after the timestamp and ends with the comma before the message.
  const text = json.slice(at, headForm.lastIndex);
  const [envelope] = parseAnyJson(`{"batch":[{"timestamp":"0"${text.trimEnd().slice(0, -1)}}]}`);
  if (envelope === undefined) {
    return undefined;
  }
  const { sourceId, instanceId, tags } = envelope;
  // Creates a separate string, because a slice would keep the whole text in memory.
  const head = { json: ` ${text}`.slice(1), sourceId, instanceId, tags };
  if (text.length <= maxLength) {
    heads[place] = head;
  }
  return head;
}

/** Hashes some characters of a source id, and some at positions where tags are likely to differ. */
function placeOf(json: string, at: number): number {
  let hash = 0;
  for (const offset of sampledOffsets) {
    hash = Math.imul(hash, 31) + json.charCodeAt(at + offset);
  }
  return (hash ^ (hash >>> 9)) & (places - 1);
}

// Positions in and after a source id that is a GUID: `,"source_id":"` before it has 14 characters.
const sampledOffsets = [15, 17, 19, 21, 24, 29, 34, 39, 44, 49, 68, 69, 70];

/** Returns the position after the object that began before `at`, or -1 if it does not end. */
export function endOfObject(json: string, at: number): number {
  let depth = 1;
  for (let position = at; position < json.length; position++) {
    switch (json.charCodeAt(position)) {
      case 0x22:
        position = json.indexOf('"', position + 1);
        if (position < 0) {
          return -1;
        }
        break;
      case 0x7b:
        depth++;
        break;
      case 0x7d:
        if (--depth === 0) {
          return position + 1;
        }
        break;
    }
  }
  return -1;
}

/**
 * Returns the position after a comma and the space that some gateways write after it; `at` if there
 * is no comma.
 */
export function afterComma(json: string, at: number): number {
  if (json.charCodeAt(at) !== 0x2c) {
    return at;
  }
  return json.charCodeAt(at + 1) === 0x20 ? at + 2 : at + 1;
}
