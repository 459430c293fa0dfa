import { ServerError, Status } from "nice-grpc";

/** A request to the gateway or the auth proxy. */
export interface ApiRequest {
  readonly method: string;
  /** The path as it was sent. */
  readonly path: string;
  /** The part after the `?`. */
  readonly query: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  /** Reads the body. */
  readonly body: () => Promise<string>;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const plainText = "text/plain; charset=utf-8";

/** The answer of Go's router for an unknown path. */
export const pageNotFound: ApiResponse = {
  status: 404,
  headers: { "content-type": plainText, "x-content-type-options": "nosniff" },
  body: "404 page not found\n",
};

/** A response without body and content type. */
export function emptyResponse(status: number): ApiResponse {
  return { status, headers: {}, body: "" };
}

export function jsonResponse(status: number, json: string): ApiResponse {
  return { status, headers: { "content-type": "application/json" }, body: `${json}\n` };
}

/** An error of the gateway. */
export function errorResponse(error: ServerError): ApiResponse {
  const { code, details } = error;
  const json = `{"code":${code}, "message":${goJson(details)}, "details":[]}`;
  return jsonResponse(httpStatus(code), json);
}

/** An error of a query, in Prometheus' form. */
export function queryErrorResponse(
  status: number,
  errorType: "bad_data" | "internal",
  message: string,
): ApiResponse {
  const json = `{"status":"error","errorType":"${errorType}","error":${goJson(message)}}`;
  return jsonResponse(status, json);
}

/** Returns the error, or a wrapper for a failure of the emulator itself. */
export function serverError(error: unknown): ServerError {
  return error instanceof ServerError
    ? error
    : new ServerError(Status.INTERNAL, `the emulator failed: ${(error as Error).message}`);
}

/** Encodes text as JSON like Go: characters that HTML treats specially are escaped. */
export function goJson(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const httpStatuses: Readonly<Partial<Record<Status, number>>> = {
  [Status.CANCELLED]: 499,
  [Status.INVALID_ARGUMENT]: 400,
  [Status.DEADLINE_EXCEEDED]: 504,
  [Status.NOT_FOUND]: 404,
  [Status.RESOURCE_EXHAUSTED]: 429,
  [Status.UNIMPLEMENTED]: 501,
  [Status.UNAVAILABLE]: 503,
};

/** The status that grpc-gateway answers with. */
export function httpStatus(code: Status): number {
  return httpStatuses[code] ?? 500;
}
