import type { Envelope } from "@loggregator/api";
import { decodeEvent, type Envelope as Event } from "@loggregator/api/v1";
import { toV2 } from "@loggregator/conversion";
import type { Logger } from "@loggregator/core";
import type { StatsBoard } from "../stats.js";

/** Where the agent runs. Each is given to envelopes that do not have it. */
export interface V1Tags {
  /** Default: `emulator`. */
  readonly deployment?: string | undefined;
  /** Default: `emulator`. */
  readonly job?: string | undefined;
  /** Default: `0`. */
  readonly index?: string | undefined;
  /** Default: `127.0.0.1`. */
  readonly ip?: string | undefined;
}

export interface V1Faults {
  /** All datagrams are lost, and counted. */
  stopReading(): void;
  /** All is well again. */
  clear(): void;
}

/** The UDP forwarder: one `events.Envelope` a datagram, which it converts to v2. */
export class V1Ingress implements V1Faults {
  readonly #accept: (envelope: Envelope) => void;
  readonly #tags: Required<V1Tags>;
  readonly #stats: StatsBoard;
  readonly #logger: Logger;
  #stopped = false;

  constructor(
    accept: (envelope: Envelope) => void,
    { tags, stats, logger }: { tags: V1Tags; stats: StatsBoard; logger: Logger },
  ) {
    const { deployment = "emulator", job = "emulator", index = "0", ip = "127.0.0.1" } = tags;
    this.#accept = accept;
    this.#tags = { deployment, job, index, ip };
    this.#stats = stats;
    this.#logger = logger;
  }

  /** Takes a datagram. What does not parse is dropped and counted. */
  receive(datagram: Uint8Array): void {
    let envelope: Envelope | undefined;
    if (!this.#stopped) {
      try {
        envelope = toV2(this.#tagged(decodeEvent(datagram)));
      } catch (error) {
        this.#logger.debug(`a datagram of ${datagram.length} bytes is dropped: ${String(error)}`);
      }
    }
    if (envelope === undefined) {
      this.#stats.add("v1Dropped", 1);
      return;
    }
    this.#stats.add("v1Received", 1);
    this.#accept(envelope);
  }

  stopReading(): void {
    this.#stopped = true;
  }

  clear(): void {
    this.#stopped = false;
  }

  #tagged(event: Event): Event {
    const { deployment, job, index, ip } = this.#tags;
    return {
      ...event,
      deployment: event.deployment ?? deployment,
      job: event.job ?? job,
      index: event.index ?? index,
      ip: event.ip ?? ip,
    };
  }
}
