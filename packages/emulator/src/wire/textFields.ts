import { isUtf8 } from "node:buffer";

/** The text fields of a message by number, including those of nested messages. */
export interface TextFields {
  readonly [field: number]: true | TextFields;
}

const tags: TextFields = { 1: true, 2: true };

/** The text fields of `loggregator.v2.Envelope`. */
const envelopeTextFields: TextFields = {
  2: true,
  3: { 1: true, 2: { 1: true } },
  5: { 1: true },
  6: { 1: { 1: true, 2: { 1: true } } },
  7: { 1: true },
  8: true,
  9: tags,
  10: { 1: true, 2: true },
};

/** The text fields of `loggregator.v2.EnvelopeBatch`. */
const batchTextFields: TextFields = { 1: envelopeTextFields };

const selectorTextFields: TextFields = { 1: true, 3: { 1: true }, 4: { 1: true } };

/** The text fields of the requests to `loggregator.v2.Egress`. */
const requestTextFields: TextFields = {
  1: true,
  2: selectorTextFields,
  4: selectorTextFields,
  5: true,
};

/** The text fields of `events.Envelope`, the envelope of v1. */
const eventTextFields: TextFields = {
  1: true,
  7: { 6: true, 7: true, 8: true, 14: true, 15: true },
  8: { 4: true, 5: true, 6: true },
  9: { 1: true, 3: true },
  10: { 1: true },
  11: { 1: true, 3: true },
  12: { 1: true },
  13: true,
  14: true,
  15: true,
  16: true,
  17: tags,
};

export const textFields = {
  envelope: envelopeTextFields,
  batch: batchTextFields,
  request: requestTextFields,
  event: eventTextFields,
  /** `logcache.v1.SendRequest`. */
  sendRequest: { 1: batchTextFields },
  /** `logcache.v1.ReadRequest`. */
  readRequest: { 1: true, 7: true },
  /** The requests of `logcache.v1.PromQLQuerier`. */
  query: { 1: true, 2: true, 3: true, 4: true },
} as const satisfies Record<string, TextFields>;

/**
 * Whether all text of a message is UTF-8. Go's protobuf library rejects messages with other text;
 * the decoder of `@loggregator/api` reads it with U+FFFD.
 *
 * @param bytes A well-formed message.
 */
export function hasValidText(bytes: Uint8Array, fields: TextFields): boolean {
  return isValid(bytes, 0, bytes.length, fields);
}

/** The current position. It is module state, because returning it would cost an object per field. */
let position = 0;

function isValid(bytes: Uint8Array, start: number, end: number, fields: TextFields): boolean {
  position = start;
  while (position < end) {
    const tag = varint(bytes);
    switch (tag & 7) {
      case 0:
        varint(bytes);
        break;
      case 1:
        position += 8;
        break;
      case 2: {
        const length = varint(bytes);
        const from = position;
        const to = from + length;
        const kind = fields[tag >>> 3];
        if (kind === true) {
          if (!isText(bytes, from, to)) {
            return false;
          }
        } else if (kind !== undefined && !isValid(bytes, from, to, kind)) {
          return false;
        }
        position = to;
        break;
      }
      case 5:
        position += 4;
        break;
      // A group, which Go skips: nothing after it is checked.
      default:
        return true;
    }
  }
  return true;
}

function isText(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    if ((bytes[i] as number) >= 0x80) {
      return isUtf8(bytes.subarray(from, to));
    }
  }
  return true;
}

/** Reads a varint. Its upper bits do not matter here: they are neither tags nor lengths. */
function varint(bytes: Uint8Array): number {
  let value = 0;
  for (let shift = 0; position < bytes.length; shift += 7) {
    const byte = bytes[position++] as number;
    if (shift < 32) {
      value |= (byte & 0x7f) << shift;
    }
    if (byte < 0x80) {
      break;
    }
  }
  return value >>> 0;
}
