import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import { envelopeToJson } from "../json/envelopeToJson.js";
import type { EnvelopeJson } from "../json/toJson.js";

/**
 * An envelope that `JSON.stringify` accepts although it contains bigints, because its prototype has
 * a method `toJSON`. Creating one takes as long as creating an object literal.
 */
class JsonEnvelope implements Envelope {
  declare timestamp: bigint;
  declare sourceId: string;
  declare instanceId: string;
  declare deprecatedTags: Envelope["deprecatedTags"];
  declare tags: Envelope["tags"];
  declare message: Envelope["message"];
  declare _unknownFields?: Envelope["_unknownFields"];

  constructor(
    timestamp: bigint,
    sourceId: string,
    instanceId: string,
    deprecatedTags: Envelope["deprecatedTags"],
    tags: Envelope["tags"],
    message: Envelope["message"],
  ) {
    this.timestamp = timestamp;
    this.sourceId = sourceId;
    this.instanceId = instanceId;
    this.deprecatedTags = deprecatedTags;
    this.tags = tags;
    this.message = message;
  }

  toJSON(): EnvelopeJson {
    return envelopeToJson(this);
  }
}

// With `constructor` set to Object, test runners and loggers treat envelopes as plain objects.
delete (JsonEnvelope.prototype as { constructor?: unknown }).constructor;

/**
 * Creates an envelope from its fields, for converters of other formats. Unlike an object literal,
 * it can be passed to `JSON.stringify`, see `toJson`.
 */
export function newEnvelope<M extends Envelope["message"]>(
  timestamp: bigint,
  sourceId: string,
  instanceId: string,
  deprecatedTags: Envelope["deprecatedTags"],
  tags: Envelope["tags"],
  message: M,
): Envelope & { message: M } {
  const envelope: Envelope = new JsonEnvelope(
    timestamp,
    sourceId,
    instanceId,
    deprecatedTags,
    tags,
    message,
  );
  return envelope as Envelope & { message: M };
}
