import { DropReporter } from "../reporting/dropReporter.js";
import { ChangeNotifier } from "./changeNotifier.js";

/**
 * The counts and the state of a queue of a sending client. Each envelope that entered the queue is
 * sent, dropped, or still queued. Envelopes that are refused count as dropped, and never enter.
 */
export class DeliveryCounts {
  readonly #drops: DropReporter;
  readonly #changes = new ChangeNotifier();
  #state: "open" | "closed" | "discarded" = "open";
  #sent = 0;
  #entered = 0;
  /** The number of envelopes that have entered the queue and left it: they were sent or dropped. */
  #left = 0;

  /** @param onDropped Called with the number of envelopes dropped since the last call. Must not throw. */
  constructor(onDropped: (count: number) => void) {
    this.#drops = new DropReporter(onDropped);
  }

  /** The number of envelopes that were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** The number of envelopes that were dropped, including refused ones. */
  get dropped(): number {
    return this.#drops.total;
  }

  /** The number of envelopes that have entered the queue. */
  get entered(): number {
    return this.#entered;
  }

  /** True after `close()` and after `discard()`. */
  get closed(): boolean {
    return this.#state !== "open";
  }

  /** True after `discard()`. */
  get discarded(): boolean {
    return this.#state === "discarded";
  }

  /** Counts envelopes that entered the queue. */
  enter(count: number): void {
    this.#entered += count;
    this.#changes.notify();
  }

  /** Counts queued envelopes that were sent. */
  send(count: number): void {
    this.#sent += count;
    this.#left += count;
    this.#changes.notify();
  }

  /** Reverts `send()`: the envelopes are queued again or, after `discard()`, dropped. */
  unsend(count: number): void {
    this.#sent -= count;
    if (this.discarded) {
      this.#drops.add(count);
    } else {
      this.#left -= count;
    }
    this.#changes.notify();
  }

  /** Counts queued envelopes that were dropped. */
  drop(count: number): void {
    this.#left += count;
    this.#drops.add(count);
    this.#changes.notify();
  }

  /** Counts envelopes that did not enter the queue as dropped. */
  refuse(count: number): void {
    this.#drops.add(count);
  }

  /** Marks the queue as closed. Further drops are reported without a delay. */
  close(): void {
    if (this.#state === "open") {
      this.#state = "closed";
    }
    this.#drops.close();
    this.#changes.notify();
  }

  /** Closes, and counts the queued envelopes as dropped. Pending `whenFlushed()` calls keep waiting. */
  discard(queued: number): void {
    this.#state = "discarded";
    this.#drops.close();
    this.#drops.add(queued);
    this.#changes.notify();
  }

  /** Evaluates the conditions of all `until` calls again. */
  notify(): void {
    this.#changes.notify();
  }

  /** Resolves to true once the condition holds, or to false if the signal aborts first. */
  until(condition: () => boolean, signal: AbortSignal): Promise<boolean> {
    return this.#changes.until(condition, signal);
  }

  /**
   * Resolves to true once everything that has entered so far was sent or dropped; to false if the
   * signal aborts first.
   */
  whenFlushed(signal: AbortSignal): Promise<boolean> {
    const target = this.#entered;
    return this.until(() => this.#left >= target, signal);
  }
}
