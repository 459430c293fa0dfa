import { newEnvelope } from "../envelope/newEnvelope.js";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import { decodeBase64Into } from "./base64.js";
import { bigintOfDigits } from "./bigintOfDigits.js";
import { afterComma, endOfObject, readHead } from "./gatewayHeads.js";

/** Parses the JSON of a batch in any form. Throws if it is invalid. */
export type ParseAnyJson = (json: string) => Envelope[];

const batchStart = '{"batch":[';
const batchEnd = "]}";
const timestampStart = '{"timestamp":"';
const logStart = '"log":{"payload":"';
const typeOut = '"type":"OUT"}}';
const typeErr = '"type":"ERR"}}';
const messageStart = /"(?:log|counter|gauge|timer|event)":\{/y;

/**
 * Parses a batch in exactly the form that gateways write: all fields in order, nothing escaped.
 * Much of the text is repeated, such as the ids and tags of a source. It is compared with known
 * text and only parsed if it differs. Timestamps and logs are parsed here, everything else by
 * `parseAnyJson`.
 *
 * Returns undefined for text in any other form, valid or not. Use `parseAnyJson` for it.
 */
export function parseGatewayJson(json: string, parseAnyJson: ParseAnyJson): Envelope[] | undefined {
  if (!json.startsWith(batchStart) || json.includes("\\")) {
    return undefined;
  }
  try {
    return readEnvelopes(new GatewayReader(json, parseAnyJson));
  } catch {
    // A part is invalid. Parsing the whole text produces the error with its position.
    return undefined;
  }
}

function readEnvelopes(reader: GatewayReader): Envelope[] | undefined {
  const envelopes: Envelope[] = [];
  do {
    const envelope = reader.envelope();
    if (envelope === undefined) {
      return undefined;
    }
    envelopes.push(envelope);
  } while (reader.skipComma());
  return reader.isAtEnd() ? envelopes : undefined;
}

/** Reads envelopes one after another. Each method returns undefined for text in another form. */
class GatewayReader {
  readonly #json: string;
  readonly #parseAnyJson: ParseAnyJson;
  /** The text as bytes. Undefined if it is not ASCII. */
  readonly #ascii: Uint8Array | undefined;
  /**
   * The buffer that all payloads of a batch share: allocating one for each would dominate the cost.
   */
  readonly #payloads: Uint8Array<ArrayBuffer>;
  #usedBytes = 0;
  #at = batchStart.length;

  constructor(json: string, parseAnyJson: ParseAnyJson) {
    this.#json = json;
    this.#parseAnyJson = parseAnyJson;
    this.#ascii = asciiBytes(json);
    this.#payloads = new Uint8Array((json.length >> 2) * 3);
  }

  envelope(): Envelope | undefined {
    const timestamp = this.#timestamp();
    if (timestamp === undefined) {
      return undefined;
    }
    const head = readHead(this.#json, this.#at, this.#parseAnyJson);
    if (head === undefined) {
      return undefined;
    }
    this.#at += head.json.length;
    const message = this.#json.startsWith(logStart, this.#at) ? this.#log() : this.#message();
    if (message === undefined) {
      return undefined;
    }
    const { sourceId, instanceId, tags } = head;
    return newEnvelope(timestamp, sourceId, instanceId, {}, { ...tags }, message);
  }

  /** Skips the comma before another envelope. Returns false if there is none. */
  skipComma(): boolean {
    const next = afterComma(this.#json, this.#at);
    if (next === this.#at) {
      return false;
    }
    this.#at = next;
    return true;
  }

  isAtEnd(): boolean {
    const end = this.#at + batchEnd.length;
    return end === this.#json.length && this.#json.startsWith(batchEnd, this.#at);
  }

  #timestamp(): bigint | undefined {
    if (!this.#json.startsWith(timestampStart, this.#at)) {
      return undefined;
    }
    const start = this.#at + timestampStart.length;
    const end = this.#json.indexOf('"', start);
    this.#at = end + 1;
    return bigintOfDigits(this.#json, start, end);
  }

  /** Reads a log in the usual form, up to the end of its envelope. */
  #log(): Envelope["message"] {
    const json = this.#json;
    const start = this.#at + logStart.length;
    const end = json.indexOf('"', start);
    if (end < 0) {
      return undefined;
    }
    const payload = this.#payload(start, end);
    const type = afterComma(json, end + 1);
    if (payload === undefined || type === end + 1) {
      return undefined;
    }
    const isOut = json.startsWith(typeOut, type);
    if (!isOut && !json.startsWith(typeErr, type)) {
      return undefined;
    }
    this.#at = type + typeOut.length;
    return { $case: "log", value: { payload, type: isOut ? 0 : 1 } };
  }

  #payload(start: number, end: number): Uint8Array | undefined {
    const chars = this.#ascii ?? utf8.encode(this.#json.slice(start, end));
    const [from, to] = this.#ascii === undefined ? [0, chars.length] : [start, end];
    const used = this.#usedBytes;
    const usedThen = decodeBase64Into(chars, from, to, this.#payloads, used);
    if (usedThen < 0) {
      return undefined;
    }
    this.#usedBytes = usedThen;
    return new Uint8Array(this.#payloads.buffer, used, usedThen - used);
  }

  /** Reads any message up to the end of its envelope. No field may follow it. */
  #message(): Envelope["message"] {
    messageStart.lastIndex = this.#at;
    if (!messageStart.test(this.#json)) {
      return undefined;
    }
    const end = endOfObject(this.#json, messageStart.lastIndex);
    if (end < 0 || this.#json[end] !== "}") {
      return undefined;
    }
    const [envelope] = this.#parseAnyJson(`{"batch":[{${this.#json.slice(this.#at, end)}}]}`);
    this.#at = end + 1;
    return envelope?.message;
  }
}

const utf8 = new TextEncoder();
const asciiBuffer = new Uint8Array(256 * 1024);

/**
 * Returns the characters as bytes, or undefined if the text is not ASCII. Reading characters one by
 * one takes twice as long, because the text is usually a slice of a longer one.
 */
function asciiBytes(json: string): Uint8Array | undefined {
  const bytes = json.length <= asciiBuffer.length ? asciiBuffer : new Uint8Array(json.length);
  const { read, written } = utf8.encodeInto(json, bytes);
  return read === json.length && written === read ? bytes : undefined;
}
