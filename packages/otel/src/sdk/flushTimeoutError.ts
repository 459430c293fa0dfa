/**
 * An emitter did not send its queue within `flushTimeoutMs`. Unsent envelopes remain queued, and
 * the emitter continues.
 */
export class FlushTimeoutError extends Error {
  override readonly name = "FlushTimeoutError";
  /** The time limit in milliseconds. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(
      `the emitter was not flushed within ${timeoutMs} ms: is its server reachable? Unsent envelopes remain queued`,
    );
    this.timeoutMs = timeoutMs;
  }
}
