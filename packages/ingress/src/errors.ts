/**
 * An envelope could not be delivered, or a client could not be closed in order. `cause` is the
 * error beneath: a `ClientError` of nice-grpc with the gRPC status, a `ConnectionError` or a `TlsError`.
 */
export class IngressError extends Error {
  override readonly name = "IngressError";
}
