import type {
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  NumberDataPoint,
  SummaryDataPoint,
} from "@loggregator/otel/messages";

/** A value of OTLP as a plain JavaScript value. Integers are bigints. */
export type OtlpValue =
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | undefined
  | readonly OtlpValue[]
  | OtlpAttributes;

/** Attributes by their names. */
export interface OtlpAttributes {
  readonly [name: string]: OtlpValue;
}

/** The entity that sent an item; without attributes if the request has no resource. */
export interface OtlpResource {
  readonly attributes: OtlpAttributes;
  readonly schemaUrl: string;
}

/** The library that created an item; empty if the request has no scope. */
export interface OtlpScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: OtlpAttributes;
  readonly schemaUrl: string;
}

/** The request that an item arrived in. */
export interface OtlpRequest {
  readonly protocol: "grpc" | "http/protobuf" | "http/json";
  /** Headers, or the metadata of gRPC, with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Received {
  readonly attributes: OtlpAttributes;
  readonly resource: OtlpResource;
  readonly scope: OtlpScope;
  readonly request: OtlpRequest;
}

/** A received log record. */
export interface OtlpLog extends Received {
  readonly signal: "logs";
  /** UNIX time in nanoseconds; 0 if it is not known. */
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  /** From 1 (TRACE) to 24 (FATAL4); 0 if it is not known. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: OtlpValue;
  readonly eventName: string;
  /** In hexadecimal; empty if there is none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** A received data point, with its metric. */
export interface OtlpMetric extends Received {
  readonly signal: "metrics";
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: "gauge" | "sum" | "histogram" | "exponentialHistogram" | "summary";
  /** Of sums and histograms. */
  readonly temporality: "unspecified" | "delta" | "cumulative" | undefined;
  /** Of sums. */
  readonly isMonotonic: boolean;
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  /** The value of a gauge or sum: a bigint if it was sent as an integer. */
  readonly value: number | bigint | undefined;
  /** The message, for histograms and summaries. */
  readonly point:
    | NumberDataPoint
    | HistogramDataPoint
    | ExponentialHistogramDataPoint
    | SummaryDataPoint;
}

/** A received span. */
export interface OtlpSpan extends Received {
  readonly signal: "traces";
  /** In hexadecimal. */
  readonly traceId: string;
  readonly spanId: string;
  /** In hexadecimal; empty for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** The number of a SpanKind: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly events: readonly {
    readonly name: string;
    readonly timeUnixNano: bigint;
    readonly attributes: OtlpAttributes;
  }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: OtlpAttributes;
  }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
}

/** An item that was received over OTLP. */
export type OtlpItem = OtlpLog | OtlpMetric | OtlpSpan;

/** A guard for `emulator.otlp.next`. */
export function isOtlpLog(item: OtlpItem): item is OtlpLog {
  return item.signal === "logs";
}

/** A guard for `emulator.otlp.next`. */
export function isOtlpMetric(item: OtlpItem): item is OtlpMetric {
  return item.signal === "metrics";
}

/** A guard for `emulator.otlp.next`. */
export function isOtlpSpan(item: OtlpItem): item is OtlpSpan {
  return item.signal === "traces";
}
