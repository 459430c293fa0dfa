import { type Envelope, parseEnvelopeBatch } from "@loggregator/api";

const prefix = /^\s*\{\s*"envelopes"\s*:\s*/;

/**
 * Parses the body of an answer to a read request: `{"envelopes":{"batch":[…]}}`.
 *
 * @throws SyntaxError, EnvelopeDecodeError for anything else.
 */
export function parseRead(text: string): Envelope[] {
  const start = prefix.exec(text)?.[0].length;
  if (start !== undefined) {
    // The inner object, which the fast parser of gateway batches can read.
    const batch = text.slice(start, text.lastIndexOf("}"));
    try {
      return parseEnvelopeBatch(batch).batch;
    } catch {
      // It has other fields, or is malformed.
    }
  }
  const answer: unknown = JSON.parse(text);
  const { envelopes } = Object(answer) as { envelopes?: unknown };
  if (envelopes === undefined && !isObject(answer)) {
    throw new SyntaxError("expected an object");
  }
  return envelopes === undefined || envelopes === null
    ? []
    : parseEnvelopeBatch(JSON.stringify(envelopes)).batch;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
