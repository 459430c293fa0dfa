import type { Envelope } from "@loggregator/api";
import { decodeEvent, Envelope_EventType, type Envelope as Event } from "@loggregator/api/v1";
import { toV2 } from "@loggregator/conversion";
import { errorText, type Logger } from "@loggregator/core";
import { IntervalBatcher } from "../batching/intervalBatcher.js";
import type { Realism } from "../emulator.js";
import type { StatsBoard } from "../observation/statsBoard.js";
import { hasValidText, textFields } from "../wire/textFields.js";

/** Tags that describe the agent's VM. Each is added to envelopes that do not have it. */
export interface V1Tags {
  /** @default "emulator" */
  readonly deployment?: string | undefined;
  /** @default "emulator" */
  readonly job?: string | undefined;
  /** @default "0" */
  readonly index?: string | undefined;
  /** @default "127.0.0.1" */
  readonly ip?: string | undefined;
}

/** Faults of the v1 endpoint. */
export interface V1Faults {
  /** Drops and counts all datagrams until `clear()`. */
  stopReading(): void;
  /** Ends the fault. */
  clear(): void;
}

export interface UdpForwarderOptions {
  readonly tags: V1Tags;
  readonly stats: StatsBoard;
  readonly logger: Logger;
  readonly realism: Realism;
}

/** The converted envelope of a datagram. */
interface Converted {
  readonly envelope: Envelope;
  readonly isValid: boolean;
}

/** The UDP forwarder: converts datagrams, one `events.Envelope` each, to v2. */
export class UdpForwarder implements V1Faults {
  readonly #accept: (envelope: Envelope) => void;
  readonly #tags: Required<V1Tags>;
  readonly #stats: StatsBoard;
  readonly #logger: Logger;
  readonly #batcher: IntervalBatcher<Converted> | undefined;
  #stopped = false;

  constructor(
    accept: (envelope: Envelope) => void,
    { tags, stats, logger, realism }: UdpForwarderOptions,
  ) {
    const { deployment = "emulator", job = "emulator", index = "0", ip = "127.0.0.1" } = tags;
    this.#accept = accept;
    this.#tags = { deployment, job, index, ip };
    this.#stats = stats;
    this.#logger = logger;
    if (realism === "strict") {
      this.#batcher = new IntervalBatcher(100, 100, (batch) => this.#send(batch));
    }
  }

  /** Receives a datagram. If it is not a valid envelope, it is dropped and counted. */
  readonly receive = (datagram: Uint8Array): void => {
    const converted = this.#convert(datagram);
    if (converted === undefined) {
      this.#stats.add("v1Dropped", 1);
    } else if (this.#batcher === undefined) {
      this.#send([converted]);
    } else {
      this.#batcher.add(converted);
    }
  };

  stopReading(): void {
    this.#stopped = true;
    this.#stats.add("v1Dropped", this.#batcher?.clear().length ?? 0);
  }

  clear(): void {
    this.#stopped = false;
  }

  /** Drops unsent envelopes. */
  close(): void {
    this.#batcher?.clear();
  }

  #convert(datagram: Uint8Array): Converted | undefined {
    if (this.#stopped) {
      return undefined;
    }
    try {
      const event = decodeEvent(datagram);
      if (!hasBodyOfType(event)) {
        throw new TypeError("its body does not fit its type");
      }
      const isValid = hasValidText(datagram, textFields.event);
      return { envelope: toV2(this.#tagged(event)), isValid };
    } catch (error) {
      this.#logger.debug(`dropped a datagram of ${datagram.length} bytes: ${errorText(error)}`);
      return undefined;
    }
  }

  /** Sends a batch to the agent, which rejects the whole batch if any text is not UTF-8. */
  #send(batch: readonly Converted[]): void {
    if (batch.every(({ isValid }) => isValid)) {
      for (const { envelope } of batch) {
        this.#stats.add("v1Received", 1);
        this.#accept(envelope);
      }
    } else {
      this.#logger.debug(`dropped a batch of ${batch.length} v1 envelopes: text is not UTF-8`);
      this.#stats.add("v1Dropped", batch.length);
    }
  }

  #tagged(event: Event): Event {
    const { deployment, job, index, ip } = this.#tags;
    return {
      ...event,
      deployment: event.deployment ?? deployment,
      job: event.job ?? job,
      index: event.index ?? index,
      ip: event.ip ?? ip,
      // An empty source id is replaced by the origin.
      tags: { ...event.tags, source_id: event.tags["source_id"] || (event.origin ?? "") },
    };
  }
}

/** Returns whether an event has the body of its type. Heartbeats and unknown types have none. */
function hasBodyOfType(event: Event): boolean {
  switch (event.eventType) {
    case Envelope_EventType.HttpStartStop:
      return event.httpStartStop !== undefined;
    case Envelope_EventType.LogMessage:
      return event.logMessage !== undefined;
    case Envelope_EventType.ValueMetric:
      return event.valueMetric !== undefined;
    case Envelope_EventType.CounterEvent:
      return event.counterEvent !== undefined;
    case Envelope_EventType.Error:
      return event.error !== undefined;
    case Envelope_EventType.ContainerMetric:
      return event.containerMetric !== undefined;
    default:
      return false;
  }
}
