/** A number at a time. */
export interface Point {
  /** Nanoseconds since the UNIX epoch, in whole milliseconds, the resolution of PromQL. */
  readonly timestamp: bigint;
  /** May be `NaN` or infinite. */
  readonly value: number;
}

/** A value and its labels: the envelope's tags, `source_id` and `instance_id`. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly point: Point;
}

/** Values in the order of their times, and their labels. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

/** The result of an expression without labels, such as `1 + 1`. */
export interface ScalarResult {
  readonly resultType: "scalar";
  readonly result: Point;
}

/** The result of most instant queries: a value for each set of labels. Empty if nothing matches. */
export interface VectorResult {
  readonly resultType: "vector";
  readonly result: readonly Sample[];
}

/** The result of range queries, and of range selectors such as `cpu{…}[5m]`. */
export interface MatrixResult {
  readonly resultType: "matrix";
  readonly result: readonly Series[];
}

/** The result of an instant query, by the type of the expression. */
export type QueryResult = ScalarResult | VectorResult | MatrixResult;
