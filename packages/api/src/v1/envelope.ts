import { mapWith } from "@loggregator/core";
import { decodeWith } from "../binary/decodeWith.js";
import { Envelope as Generated } from "../gen/events/events.js";
import { decodeEvent } from "./decodeEvent.js";

/** The type of what `Envelope` makes. */
export type Envelope = Generated;

/** The generated message, with functions that don't lose a tag called `__proto__`. */
export const Envelope: typeof Generated = {
  ...Generated,
  /** @throws EnvelopeDecodeError where the bytes are malformed or a required field is missing. */
  decode: decodeWith(decodeEvent, Generated),
  create: (base) => Envelope.fromPartial(base ?? {}),
  fromPartial: (object) => ({
    ...Generated.fromPartial(object),
    tags: mapWith(object.tags, String),
  }),
};
