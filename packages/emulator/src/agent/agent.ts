import type { Envelope } from "@loggregator/api";
import { type EncodedEnvelope, encodeEnvelope, isEmpty } from "../wire/encodedEnvelope.js";
import { sourceIdFromOrigin, tagsBehindAgent } from "./agentTags.js";
import { CounterTotals } from "./counterTotals.js";

export interface AgentOptions {
  /** The agent's own tags. */
  readonly tags: readonly (readonly [string, string])[];
  /** Called with each envelope as it leaves the agent. */
  readonly forward: (envelope: Envelope, encoded: EncodedEnvelope) => void;
  /** Called with the number of envelopes that come while the agent is stopped. */
  readonly onDropped: (count: number) => void;
}

/** The agent: completes envelopes and passes them on. */
export class Agent {
  readonly #tags: AgentOptions["tags"];
  readonly #forward: AgentOptions["forward"];
  readonly #onDropped: AgentOptions["onDropped"];
  readonly #totals = new CounterTotals();
  #stopped = false;

  constructor({ tags, forward, onDropped }: AgentOptions) {
    this.#tags = tags;
    this.#forward = forward;
    this.#onDropped = onDropped;
  }

  /**
   * Takes an envelope.
   *
   * @param bytes It in protobuf's binary form, if that is at hand.
   */
  readonly accept = (envelope: Envelope, bytes?: Uint8Array): void => {
    if (this.#stopped) {
      this.#onDropped(1);
      return;
    }
    const completed = this.#complete(envelope);
    this.#forward(completed, encodeEnvelope(completed, completed === envelope ? bytes : undefined));
  };

  /** Discards everything it receives, and forgets the totals of counters. */
  stop(): void {
    this.#stopped = true;
    this.#totals.clear();
  }

  start(): void {
    this.#stopped = false;
  }

  #complete(envelope: Envelope): Envelope {
    let completed = envelope;
    if (envelope.sourceId === "") {
      const sourceId = sourceIdFromOrigin(envelope);
      if (sourceId !== "") {
        completed = { ...completed, sourceId };
      }
    }
    if (this.#tags.length > 0 || !isEmpty(envelope.deprecatedTags)) {
      completed = { ...completed, tags: tagsBehindAgent(envelope, this.#tags) };
    }
    const { message } = completed;
    if (message?.$case === "counter") {
      const value = this.#totals.add(completed, message.value);
      if (value !== message.value) {
        completed = { ...completed, message: { $case: "counter", value } };
      }
    }
    return completed;
  }
}
