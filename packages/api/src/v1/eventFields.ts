// The fields of dropsonde's messages, by number, as proto/events defines them.

/** The type of a field's value. */
export type Kind =
  | "text"
  | "texts"
  | "bytes"
  | "int32"
  | "int64"
  | "uint64"
  | "double"
  | "tags"
  | EventMessage;

export interface EventField {
  /** The field's number and wire type, combined as on the wire. */
  readonly tag: number;
  readonly name: string;
  readonly kind: Kind;
  /** True if receivers reject an envelope without this field. */
  readonly required: boolean;
}

/** A message's fields in the order of their numbers. */
export interface EventMessage {
  readonly fields: readonly EventField[];
  /** The names of the required fields. */
  readonly required: readonly string[];
  /** The fields that are messages. */
  readonly messages: readonly { readonly name: string; readonly kind: EventMessage }[];
}

const required = true;

export const uuidFields = message([1, "low", "uint64", required], [2, "high", "uint64", required]);

export const httpStartStopFields = message(
  [1, "startTimestamp", "int64", required],
  [2, "stopTimestamp", "int64", required],
  [3, "requestId", uuidFields, required],
  [4, "peerType", "int32", required],
  [5, "method", "int32", required],
  [6, "uri", "text", required],
  [7, "remoteAddress", "text", required],
  [8, "userAgent", "text", required],
  [9, "statusCode", "int32", required],
  [10, "contentLength", "int64", required],
  [12, "applicationId", uuidFields],
  [13, "instanceIndex", "int32"],
  [14, "instanceId", "text"],
  [15, "forwarded", "texts"],
);

export const logMessageFields = message(
  [1, "message", "bytes", required],
  [2, "messageType", "int32", required],
  [3, "timestamp", "int64", required],
  [4, "appId", "text"],
  [5, "sourceType", "text"],
  [6, "sourceInstance", "text"],
);

export const valueMetricFields = message(
  [1, "name", "text", required],
  [2, "value", "double", required],
  [3, "unit", "text", required],
);

export const counterEventFields = message(
  [1, "name", "text", required],
  [2, "delta", "uint64", required],
  [3, "total", "uint64"],
);

export const errorFields = message(
  [1, "source", "text", required],
  [2, "code", "int32", required],
  [3, "message", "text", required],
);

export const containerMetricFields = message(
  [1, "applicationId", "text", required],
  [2, "instanceIndex", "int32", required],
  [3, "cpuPercentage", "double", required],
  [4, "memoryBytes", "uint64", required],
  [5, "diskBytes", "uint64", required],
  [6, "memoryBytesQuota", "uint64"],
  [7, "diskBytesQuota", "uint64"],
);

export const envelopeFields = message(
  [1, "origin", "text", required],
  [2, "eventType", "int32", required],
  [6, "timestamp", "int64"],
  [7, "httpStartStop", httpStartStopFields],
  [8, "logMessage", logMessageFields],
  [9, "valueMetric", valueMetricFields],
  [10, "counterEvent", counterEventFields],
  [11, "error", errorFields],
  [12, "containerMetric", containerMetricFields],
  [13, "deployment", "text"],
  [14, "job", "text"],
  [15, "index", "text"],
  [16, "ip", "text"],
  [17, "tags", "tags"],
);

function message(
  ...definitions: readonly (readonly [number, string, Kind, boolean?])[]
): EventMessage {
  const fields = definitions.map(([number, name, kind, required = false]) => ({
    tag: (number << 3) | wireType(kind),
    name,
    kind,
    required,
  }));
  return {
    fields,
    required: fields.filter((field) => field.required).map(({ name }) => name),
    messages: fields.flatMap(({ name, kind }) => (typeof kind === "object" ? { name, kind } : [])),
  };
}

function wireType(kind: Kind): number {
  switch (kind) {
    case "int32":
    case "int64":
    case "uint64":
      return 0;
    case "double":
      return 1;
    default:
      return 2;
  }
}
