/**
 * Bytes or JSON that are no envelope. The message says where, what was expected and what came;
 * for JSON that does not parse, `cause` is the `SyntaxError`.
 */
export class EnvelopeDecodeError extends Error {
  override readonly name = "EnvelopeDecodeError";
}
