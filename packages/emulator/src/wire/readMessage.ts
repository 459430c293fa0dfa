import { ServerError, Status } from "nice-grpc";
import { hasValidText, type TextFields } from "./textFields.js";

/** The kind of call that received a message: gRPC servers in Go word their errors differently. */
export type CallKind = "unary" | "streaming";

const prefixes: Readonly<Record<CallKind, string>> = {
  unary: "grpc: error unmarshalling request: ",
  streaming: "grpc: failed to unmarshal the received message: ",
};

/**
 * Decodes a message as a gRPC server in Go does.
 *
 * @throws ServerError INTERNAL with the text of a Go server if the bytes are malformed, or text in
 * them is not UTF-8.
 */
export function readMessage<T>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => T,
  fields: TextFields,
  kind: CallKind,
): T {
  let message: T;
  try {
    message = decode(bytes);
  } catch {
    throw malformed(kind, "proto: cannot parse invalid wire-format data");
  }
  if (!hasValidText(bytes, fields)) {
    throw malformed(kind, "string field contains invalid UTF-8");
  }
  return message;
}

function malformed(kind: CallKind, reason: string): ServerError {
  return new ServerError(Status.INTERNAL, prefixes[kind] + reason);
}
