/** An emitter did not send its queue within `flushTimeoutMs`. It keeps the queue and continues. */
export class FlushTimeoutError extends Error {
  override readonly name = "FlushTimeoutError";
  /** The time limit in milliseconds. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(
      `the emitter was not flushed within ${timeoutMs} ms: is its server reachable? It keeps its queue`,
    );
    this.timeoutMs = timeoutMs;
  }
}
