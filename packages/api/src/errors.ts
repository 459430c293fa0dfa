/**
 * Malformed bytes or JSON. The message says where, what was expected and what was received; for
 * text that is not JSON, `cause` is the `SyntaxError`.
 */
export class EnvelopeDecodeError extends Error {
  override readonly name = "EnvelopeDecodeError";
}
