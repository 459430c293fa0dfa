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

  /** Whether it will never be acknowledged. Its sender sends all of the messages again. */
  get failed(): boolean {
    return this.#failed;
  }

  /** So many messages more were consumed. */
  finish(count: number): void {
    this.#left -= count;
    if (this.#left === 0 && !this.#failed) {
      this.#resolve(true);
    }
  }

  /** A loop was left before it had finished with a message, the client has gone, or all was discarded. */
  fail(): void {
    this.#failed = true;
    this.#resolve(false);
  }
}
