/** The acknowledgement of a request, which waits until all of its messages are consumed. */
export class Receipt {
  /** Resolves to whether all messages were consumed. */
  readonly settled: Promise<boolean>;
  #left: number;
  #resolve!: (consumed: boolean) => void;
  #failed = false;

  /** @param count The number of messages. */
  constructor(count: number) {
    this.#left = count;
    this.settled = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.finish(0);
  }

  /** Whether the request will never be acknowledged: its sender repeats all of the messages. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Call it when `count` further messages were consumed. */
  finish(count: number): void {
    this.#left -= count;
    if (this.#left === 0 && !this.#failed) {
      this.#resolve(true);
    }
  }

  /**
   * Call it if a loop was left before it had consumed a message, the client has disconnected, or
   * the queue was discarded.
   */
  fail(): void {
    this.#failed = true;
    this.#resolve(false);
  }
}
