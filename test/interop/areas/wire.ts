import { EnvelopeDecodeError } from "@loggregator/api";
import type fc from "fast-check";
import { canonical } from "../canonical.js";
import { base64, type Oracle } from "../oracle.js";
import type { Area } from "./area.js";

/** The oracle's result for the bytes of a message. */
export interface Reading<J> {
  readonly json: J;
  /** The message as the reference encodes it. */
  readonly bytes: string;
  /** "equal" if our encoding represents an equal message, including unknown fields. */
  readonly same: string;
}

interface Codec<T> {
  readonly name: string;
  readonly cases: fc.Arbitrary<Uint8Array>;
  /** The operation of the oracle. */
  readonly ask: string;
  decode(bytes: Uint8Array): T;
  encode(message: T): Uint8Array;
  /** The message in the oracle's JSON. */
  json(message: T): unknown;
}

/**
 * The bytes of a message, read and written again by both; each also reads the other's output. If only
 * the reference rejects the bytes, `otherwise` is its reading of our output.
 */
export function wireArea<T>({
  name,
  cases,
  ask,
  decode,
  encode,
  json,
}: Codec<T>): Area<Uint8Array> {
  const read = async (bytes: Uint8Array, oracle: Oracle, ours?: Uint8Array) =>
    oracle.ask<Reading<unknown>>(ask, { bytes: base64(bytes), ours: ours && base64(ours) });

  return {
    name,
    cases,
    async compare(bytes, oracle) {
      const { message, refused } = attempt(decode, bytes);
      const again = message && encode(message);
      const { value, error } = await read(bytes, oracle, again);
      if (value === undefined) {
        const back = again && (await read(again, oracle)).value;
        return {
          ours: { value: message && canonical(json(message)), refused },
          reference: { refused: error, otherwise: back && canonical(back.json) },
        };
      }
      const theirs = { json: value.json, itsBytes: value.json, same: "equal" };
      const ours = message && {
        json: json(message),
        itsBytes: json(decode(Buffer.from(value.bytes, "base64"))),
        same: value.same,
      };
      return {
        ours: { value: ours && canonical(ours), refused },
        reference: { value: canonical(theirs) },
      };
    },
  };
}

function attempt<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array) {
  try {
    return { message: decode(bytes) };
  } catch (error) {
    if (error instanceof EnvelopeDecodeError) {
      return { refused: error.message };
    }
    throw error;
  }
}
