import { IntervalBatcher } from "../batching/intervalBatcher.js";
import { LapseBatcher } from "../batching/lapseBatcher.js";
import { batchBytes } from "../wire/envelopeBatch.js";

/** Both agents send batches of 100, or smaller ones after 100 ms. */
const batchSize = 100;
const intervalMs = 100;
/** The agent polls for envelopes every 10 ms. */
const pollMs = 9;
/** The remainder also waits in the router. */
const holdMs = 2 * intervalMs + pollMs;
/** The router rejects larger messages, and all envelopes in them are lost. */
const maxMessageBytes = 10 * 1024 * 1024;

interface Sized {
  readonly encoded: { readonly bytes: Uint8Array };
}

/**
 * The path from the forwarder agent through the loggregator agent to the router, with its batches,
 * delays and losses.
 */
export class AgentPath<T extends Sized> {
  readonly #forwarder: IntervalBatcher<T>;
  readonly #agent: LapseBatcher<T>;
  /** The batches between the two agents. */
  readonly #hops = new Set<NodeJS.Timeout>();

  /**
   * @param deliver Called with each envelope that reaches the router, and the time of its arrival.
   * @param onDropped Called with the number of envelopes in a batch that is too large.
   */
  constructor(deliver: (value: T, time: number) => void, onDropped: (count: number) => void) {
    const fits = (batch: readonly T[]) => {
      const isSmall = batchBytes(batch.map(({ encoded }) => encoded.bytes)) <= maxMessageBytes;
      if (!isSmall) {
        onDropped(batch.length);
      }
      return isSmall;
    };
    this.#agent = new LapseBatcher(batchSize, intervalMs, holdMs, (batch, time) => {
      if (fits(batch)) {
        for (const value of batch) {
          deliver(value, time);
        }
      }
    });
    this.#forwarder = new IntervalBatcher(batchSize, intervalMs, (batch, time) => {
      if (!fits(batch)) {
        return;
      }
      const hop = setTimeout(() => {
        this.#hops.delete(hop);
        for (const value of batch) {
          this.#agent.add(value, time + pollMs);
        }
      }, pollMs);
      this.#hops.add(hop);
    });
  }

  add(value: T): void {
    this.#forwarder.add(value);
  }

  /**
   * Discards the envelopes that the forwarder agent has not sent, as if it were killed. Returns
   * their number.
   */
  restart(): number {
    return this.#forwarder.clear().length;
  }

  /** Stops all timers. */
  close(): void {
    this.#forwarder.clear();
    this.#agent.clear();
    for (const hop of this.#hops) {
      clearTimeout(hop);
    }
    this.#hops.clear();
  }
}
