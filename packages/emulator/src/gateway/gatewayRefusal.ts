/** An answer that is no stream. */
export interface GatewayRefusal {
  readonly status: number;
  /** What programs look for, such as `not_found`. */
  readonly error: string;
  readonly message: string;
}

// Statuses, names and messages are those of the gateway's source.
export const notFound = refusal(404, "not_found", "resource not found");
export const methodNotAllowed = refusal(405, "method_not_allowed", "method not allowed");
export const emptyQuery = refusal(400, "empty_query", "query cannot be empty");
export const missingEnvelopeType = refusal(
  400,
  "missing_envelope_type",
  "query must provide at least one envelope type",
);
export const missingCounterName = refusal(
  400,
  "missing_counter_name",
  "counter.name is invalid without value",
);
export const missingGaugeName = refusal(
  400,
  "missing_gauge_name",
  "gauge.name is invalid without value",
);
export const streamingUnavailable = refusal(
  503,
  "streaming_unavailable",
  "streaming is temporarily unavailable",
);

function refusal(status: number, error: string, message: string): GatewayRefusal {
  return { status, error, message };
}
