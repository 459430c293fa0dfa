import type { Envelope } from "@loggregator/api";
import type { Logger } from "@loggregator/core";
import type { DrainSender } from "@loggregator/drain";
import type { ClientTls } from "../tls/emulatorTls.js";
import { drainFilter } from "./drainFilter.js";
import { checkDrains, type EmulatedDrain } from "./drainOptions.js";

/** The time limit for drains to send queued envelopes when the emulator closes, in milliseconds. */
const closeTimeoutMs = 500;

/** The total counts of all drains. */
export interface DrainsStats {
  readonly sent: number;
  readonly dropped: number;
  readonly queued: number;
}

interface RunningDrain {
  readonly drain: EmulatedDrain;
  readonly accepts: (envelope: Envelope) => boolean;
  readonly sender: DrainSender;
}

/** The syslog agent: sends envelopes that leave the agent to drains. */
export class Drains {
  readonly #tls: Pick<ClientTls, "ca" | "cert" | "key">;
  readonly #logger: Logger | null | undefined;
  #running: RunningDrain[] = [];
  /** Removed drains that are still sending queued envelopes. */
  readonly #draining = new Set<Promise<void>>();
  #past = { sent: 0, dropped: 0 };

  constructor(tls: Pick<ClientTls, "ca" | "cert" | "key">, logger: Logger | null | undefined) {
    this.#tls = tls;
    this.#logger = logger;
  }

  get stats(): DrainsStats {
    const total = { ...this.#past, queued: 0 };
    for (const { sender } of this.#running) {
      const { sent, dropped, queued } = sender.stats;
      total.sent += sent;
      total.dropped += dropped;
      total.queued += queued;
    }
    return total;
  }

  /**
   * Replaces the drains. Drains in both lists continue; removed ones send their queued envelopes.
   *
   * @throws OptionTypeError for an invalid drain; nothing changes then.
   */
  async set(drains: readonly EmulatedDrain[]): Promise<void> {
    const wanted = [...checkDrains(drains)];
    const { DrainSender } = await import("@loggregator/drain");
    const before = [...this.#running];
    const next = wanted.map((drain) => {
      const index = before.findIndex((old) => isSame(old.drain, drain));
      const [kept] = index < 0 ? [] : before.splice(index, 1);
      return kept ?? this.#start(DrainSender, drain);
    });
    this.#running = next;
    for (const { sender } of before) {
      this.#leave(sender);
    }
  }

  /** Accepts an envelope that leaves the agent. */
  accept(envelope: Envelope): void {
    for (const { accepts, sender } of this.#running) {
      if (accepts(envelope)) {
        sender.emit(envelope);
      }
    }
  }

  async close(): Promise<void> {
    for (const { sender } of this.#running.splice(0)) {
      this.#leave(sender);
    }
    await Promise.all(this.#draining);
  }

  #start(Sender: typeof DrainSender, drain: EmulatedDrain): RunningDrain {
    const { ca, cert, key } = this.#tls;
    const sender = new Sender({
      url: drain.url,
      tls: drain.tls ?? { ca, cert, key },
      hostname: "emulator",
      closeTimeoutMs,
      logger: this.#logger,
    });
    return { drain, accepts: drainFilter(drain), sender };
  }

  #leave(sender: DrainSender): void {
    const leaving = sender
      .close()
      .catch(() => {})
      .then(() => {
        this.#draining.delete(leaving);
        const { sent, dropped } = sender.stats;
        this.#past = { sent: this.#past.sent + sent, dropped: this.#past.dropped + dropped };
      });
    this.#draining.add(leaving);
  }
}

function isSame(a: EmulatedDrain, b: EmulatedDrain): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
