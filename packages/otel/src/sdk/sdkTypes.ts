// The parts of OpenTelemetry's SDK objects that the exporters read. Declared here, so that the
// exporters accept objects of every SDK version that has these parts, and need no SDK at run time.

/** Seconds and nanoseconds since 1970. */
export type SdkTime = readonly [number, number];

/** The attributes of the SDK's items. */
export type SdkAttributes = Readonly<Record<string, unknown>>;

/** The part of the SDK's resource that is used. */
export interface SdkResource {
  readonly attributes: SdkAttributes;
}

/** The part of the SDK's span context that is used. */
export interface SdkSpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** A finished span: `ReadableSpan`. */
export interface SdkSpan {
  readonly name: string;
  /** As in OpenTelemetry's API: 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number;
  /** Returns the ids of the span. */
  spanContext(): SdkSpanContext;
  readonly startTime: SdkTime;
  readonly endTime: SdkTime;
  readonly attributes: SdkAttributes;
  readonly resource: SdkResource;
}

/** A log record: `ReadableLogRecord`. */
export interface SdkLogRecord {
  readonly hrTime: SdkTime;
  readonly hrTimeObserved: SdkTime;
  readonly spanContext?: SdkSpanContext | undefined;
  readonly severityNumber?: number | undefined;
  readonly severityText?: string | undefined;
  readonly body?: unknown;
  readonly eventName?: string | undefined;
  readonly attributes: SdkAttributes;
  readonly resource: SdkResource;
}

/** A data point of a metric. */
export interface SdkDataPoint {
  readonly startTime: SdkTime;
  readonly endTime: SdkTime;
  readonly attributes: SdkAttributes;
  /** A number; an object for histograms. */
  readonly value: unknown;
}

/** A metric: `MetricData`. */
export interface SdkMetric {
  readonly descriptor: { readonly name: string; readonly unit: string };
  /** 0 histogram, 1 exponential histogram, 2 gauge, 3 sum. */
  readonly dataPointType: number;
  /** 0 delta, 1 cumulative. */
  readonly aggregationTemporality: number;
  readonly isMonotonic?: boolean | undefined;
  readonly dataPoints: readonly SdkDataPoint[];
}

/** The metrics of one collection: `ResourceMetrics`. */
export interface SdkMetrics {
  readonly resource: SdkResource;
  readonly scopeMetrics: readonly { readonly metrics: readonly SdkMetric[] }[];
}

/** The result of an export: 0 success, 1 failure. */
export interface SdkResult {
  readonly code: number;
  readonly error?: Error;
}

/** Receives the result of an export. */
export type SdkCallback = (result: SdkResult) => void;
