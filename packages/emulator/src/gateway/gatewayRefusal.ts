/** A response that is not a stream. */
export interface GatewayRefusal {
  readonly status: number;
  readonly body: string;
  readonly location?: string | undefined;
}

/** The 404 of Go's router for paths that it does not know: plain text. */
export const pathNotFound: GatewayRefusal = { status: 404, body: "404 page not found\n" };

// Statuses, names and messages are those of the gateway's source.
export const notFound = jsonRefusal(404, "not_found", "resource not found");
export const methodNotAllowed = jsonRefusal(405, "method_not_allowed", "method not allowed");
export const emptyQuery = jsonRefusal(400, "empty_query", "query cannot be empty");
export const missingEnvelopeType = jsonRefusal(
  400,
  "missing_envelope_type",
  "query must provide at least one envelope type",
);
export const streamingUnavailable = jsonRefusal(
  503,
  "streaming_unavailable",
  "streaming is temporarily unavailable",
);

/** A redirection to the clean form of a path. */
export function movedTo(location: string): GatewayRefusal {
  return { status: 301, body: "", location };
}

/** A refusal with a JSON body, which ends with two newlines: the encoder's and `http.Error`'s. */
export function jsonRefusal(status: number, error: string, message: string): GatewayRefusal {
  return { status, body: `${JSON.stringify({ message, error })}\n\n` };
}

/** A refusal of the emulator's own, as plain text. */
export function textRefusal(status: number, text: string): GatewayRefusal {
  return { status, body: `${text}\n` };
}
