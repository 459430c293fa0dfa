import { IntervalBatcher } from "../batching/intervalBatcher.js";
import { LapseBatcher } from "../batching/lapseBatcher.js";
import { batchBytes } from "../wire/envelopeBatch.js";

/** Both agents send batches of 100, or smaller ones after 100 ms. */
const batchSize = 100;
const intervalMs = 100;
/** The longest wait for the agent's poll, in whole milliseconds: the agent polls every 10 ms. */
const pollMs = 9;
/** An incomplete batch waits for the intervals of the agent and the router, and for a poll. */
const holdMs = 2 * intervalMs + pollMs;
/** The router rejects larger messages, and all envelopes in them are lost. */
const maxMessageBytes = 10 * 1024 * 1024;

interface Sized {
  readonly encoded: { readonly bytes: Uint8Array };
}

/** A batch on its way from the forwarder agent to the agent. */
interface Hop<T> {
  readonly batch: readonly T[];
  readonly arrival: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * The path from the forwarder agent through the loggregator agent to the router, with its batches,
 * delays and losses.
 */
export class AgentPath<T extends Sized> {
  readonly #forwarder: IntervalBatcher<T>;
  readonly #agent: LapseBatcher<T>;
  /** The batches between the two agents. */
  readonly #hops: Hop<T>[] = [];

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
      const hop: Hop<T> = {
        batch,
        arrival: time + pollMs,
        timer: setTimeout(() => this.#arriveThrough(hop), pollMs),
      };
      this.#hops.push(hop);
      if (hop.arrival <= performance.now()) {
        // The forwarder's timer was late, and the agent's next one may be due as well.
        this.#arriveThrough(hop);
      }
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
    for (const { timer } of this.#hops) {
      clearTimeout(timer);
    }
    this.#hops.length = 0;
  }

  /** Passes batches to the agent in their order, up to `last`. */
  #arriveThrough(last: Hop<T>): void {
    for (let hop = this.#hops.shift(); hop !== undefined; hop = this.#hops.shift()) {
      clearTimeout(hop.timer);
      for (const value of hop.batch) {
        this.#agent.add(value, hop.arrival);
      }
      if (hop === last) {
        return;
      }
    }
  }
}
