// The fields of dropsonde's messages, by number, as packages/api's proto/events has them.

/** What a field holds. */
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
  /** The field's number and wire type in one, as on the wire. */
  readonly tag: number;
  readonly name: string;
  readonly kind: Kind;
  /** Whether receivers refuse an envelope without it. */
  readonly required: boolean;
}

/** A message's fields in the order of their numbers. */
export interface EventMessage {
  readonly fields: readonly EventField[];
  /** The names of those that are required. */
  readonly required: readonly string[];
  /** Those that hold messages. */
  readonly messages: readonly { readonly name: string; readonly kind: EventMessage }[];
}

const required = true;

const uuid = message([1, "low", "uint64", required], [2, "high", "uint64", required]);

const httpStartStop = message(
  [1, "startTimestamp", "int64", required],
  [2, "stopTimestamp", "int64", required],
  [3, "requestId", uuid, required],
  [4, "peerType", "int32", required],
  [5, "method", "int32", required],
  [6, "uri", "text", required],
  [7, "remoteAddress", "text", required],
  [8, "userAgent", "text", required],
  [9, "statusCode", "int32", required],
  [10, "contentLength", "int64", required],
  [12, "applicationId", uuid],
  [13, "instanceIndex", "int32"],
  [14, "instanceId", "text"],
  [15, "forwarded", "texts"],
);

const logMessage = message(
  [1, "message", "bytes", required],
  [2, "messageType", "int32", required],
  [3, "timestamp", "int64", required],
  [4, "appId", "text"],
  [5, "sourceType", "text"],
  [6, "sourceInstance", "text"],
);

const valueMetric = message(
  [1, "name", "text", required],
  [2, "value", "double", required],
  [3, "unit", "text", required],
);

const counterEvent = message(
  [1, "name", "text", required],
  [2, "delta", "uint64", required],
  [3, "total", "uint64"],
);

const error = message(
  [1, "source", "text", required],
  [2, "code", "int32", required],
  [3, "message", "text", required],
);

/** Also written on its own, where a gauge is found to be a container's. */
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
  [7, "httpStartStop", httpStartStop],
  [8, "logMessage", logMessage],
  [9, "valueMetric", valueMetric],
  [10, "counterEvent", counterEvent],
  [11, "error", error],
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
