/**
 * Thrown for malformed bytes or JSON. The message contains the position, the expected and the
 * received value; for text that is not JSON, `cause` is the `SyntaxError`.
 */
export class EnvelopeDecodeError extends Error {
  override readonly name = "EnvelopeDecodeError";
}
