import type { Envelope } from "@loggregator/api";
import {
  delayMs,
  formatValue,
  OptionRangeError,
  OptionTypeError,
  positiveInteger,
} from "@loggregator/core";
import { type ComponentFault, ComponentSwitch } from "../faults/componentFault.js";
import type { Faults } from "../faults/faults.js";
import type { LogCacheSettings } from "./logCacheOptions.js";
import { nextAttemptMs, Outage } from "./outage.js";

/** The delay of an envelope, in milliseconds. */
export type Lateness = number | ((envelope: Envelope) => number);

/** The faults of log-cache, of its gateway and of the auth proxy. */
export interface LogCacheFaults extends Faults {
  /**
   * The node that stores the data, while the answering node runs: reads and queries are empty,
   * `meta` omits all sources, and sent envelopes are lost without an error. A restart loses all
   * data, and `meta` omits what has arrived since for `logCache.metaDelayMs`.
   */
  readonly node: ComponentFault;
  /**
   * Log-cache itself: gRPC connections are reset, the gateway answers 503. It loses its data. After
   * `start()`, the gateway answers 503 until its next attempt to connect, see
   * `logCache.gatewayBackoffMs`.
   */
  readonly server: ComponentFault;
  /** The gateway: its connections are reset, and the auth proxy answers 502. */
  readonly gateway: ComponentFault;
  /**
   * The auth proxy: connections are reset. After `start()`, it listens once it has UAA's keys: while
   * `faults.uaa` is stopped, connections are still reset.
   */
  readonly authProxy: ComponentFault;
  /**
   * Answers 429 instead of responses that are larger than `maxBytes` as protobuf.
   *
   * @param maxBytes A positive integer. The limit of a real log-cache is 52,428,800.
   */
  limitResponses(maxBytes: number): void;
  /**
   * Makes envelopes readable only after a delay. Their timestamps do not change.
   *
   * @param lateness The delay in milliseconds, from 0 to 2^31 - 1, or a function that returns it
   * for an envelope.
   */
  delayArrivals(lateness: Lateness): void;
  /**
   * Makes the server's clock differ from that of this machine. This affects reads without an end
   * time, queries without a time, and the header `date`.
   *
   * @param ms The difference in milliseconds: any safe integer, positive if the server is ahead.
   */
  skewClock(ms: number): void;
  /**
   * Replaces UAA's keys: the auth proxy answers 404 to the next request, and then fetches the new
   * keys.
   */
  replaceKeys(): void;
}

/** The limit of the gateway and the peers of a real log-cache. */
const maxResponseBytes = 50 * 1024 * 1024;

/** The faults that are in effect. */
export class LogCacheFaultState {
  readonly node: Outage;
  readonly server: Outage;
  readonly gateway = new ComponentSwitch();
  readonly #late = new Set<NodeJS.Timeout>();
  #lateness: Lateness = 0;
  #skewMs = 0;
  #keysReplaced = false;
  maxResponseBytes = maxResponseBytes;

  /** @param onLost Called when a node loses its data. */
  constructor(
    onLost: () => void,
    { gatewayBackoffMs, metaDelayMs }: Pick<LogCacheSettings, "gatewayBackoffMs" | "metaDelayMs">,
  ) {
    this.node = new Outage(onLost, () => metaDelayMs);
    this.server = new Outage(onLost, (outageMs) => nextAttemptMs(gatewayBackoffMs, outageMs));
  }

  /** Whether log-cache does not answer. */
  get isUnavailable(): boolean {
    return this.server.stopped;
  }

  /** Whether sent envelopes are lost and reads are empty. */
  get losesData(): boolean {
    return this.node.stopped || this.server.stopped;
  }

  /** The server's time in UNIX nanoseconds. */
  now(): bigint {
    // The clock has milliseconds. The end of the millisecond is used, so that envelopes with its
    // timestamps are included.
    return BigInt(Date.now() + this.#skewMs) * 1_000_000n + 999_999n;
  }

  get skewMs(): number {
    return this.#skewMs;
  }

  limitResponses(maxBytes: number): void {
    this.maxResponseBytes = positiveInteger("maxBytes", maxBytes);
  }

  delayArrivals(lateness: Lateness): void {
    if (typeof lateness === "number") {
      delayMs("lateness", lateness);
    } else if (typeof lateness !== "function") {
      throw new OptionTypeError(
        "lateness",
        "a number of milliseconds or a function",
        formatValue(lateness),
      );
    }
    this.#lateness = lateness;
  }

  skewClock(ms: number): void {
    if (!Number.isSafeInteger(ms)) {
      throw new OptionRangeError("ms", "a safe integer", formatValue(ms));
    }
    this.#skewMs = ms;
  }

  replaceKeys(): void {
    this.#keysReplaced = true;
  }

  /** Returns whether this is the first request since the keys were replaced. */
  takeReplacedKeys(): boolean {
    const replaced = this.#keysReplaced;
    this.#keysReplaced = false;
    return replaced;
  }

  /** The delay of an envelope, in milliseconds. */
  latenessOf(envelope: Envelope): number {
    return typeof this.#lateness === "number"
      ? this.#lateness
      : delayMs("lateness(…)", this.#lateness(envelope));
  }

  /** Calls back after a delay, immediately if it is 0, unless the emulator is closed first. */
  after(ms: number, callback: () => void): void {
    if (ms === 0) {
      callback();
      return;
    }
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      callback();
    }, ms);
    this.#late.add(timer);
  }

  /** Ends all faults. Late envelopes still arrive when they are due. */
  clear(): void {
    this.#lateness = 0;
    this.#skewMs = 0;
    this.#keysReplaced = false;
    this.maxResponseBytes = maxResponseBytes;
    this.node.end();
    this.server.end();
    this.gateway.start();
  }

  /** Discards late envelopes. */
  close(): void {
    for (const timer of this.#late) {
      clearTimeout(timer);
    }
    this.#late.clear();
  }
}
