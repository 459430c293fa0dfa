import type { Envelope } from "@loggregator/api";
import { EnvelopeCompleter } from "@loggregator/conversion";
import { type EncodedEnvelope, encodeEnvelope } from "../wire/encodedEnvelope.js";

export interface AgentOptions {
  /** The agent's own tags. */
  readonly tags: readonly (readonly [string, string])[];
  /** Called with each envelope that leaves the agent. */
  readonly forward: (envelope: Envelope, encoded: EncodedEnvelope) => void;
  /** Called with the number of envelopes that arrive while the agent is stopped. */
  readonly onDropped: (count: number) => void;
}

/** The agent: completes envelopes and forwards them. */
export class Agent {
  readonly #forward: AgentOptions["forward"];
  readonly #onDropped: AgentOptions["onDropped"];
  readonly #completer: EnvelopeCompleter;
  #stopped = false;

  constructor({ tags, forward, onDropped }: AgentOptions) {
    this.#completer = new EnvelopeCompleter(tags);
    this.#forward = forward;
    this.#onDropped = onDropped;
  }

  /**
   * Accepts an envelope.
   *
   * @param bytes The encoded envelope, if available.
   */
  readonly accept = (envelope: Envelope, bytes?: Uint8Array): void => {
    if (this.#stopped) {
      this.#onDropped(1);
      return;
    }
    const completed = this.#completer.complete(envelope);
    this.#forward(completed, encodeEnvelope(completed, completed === envelope ? bytes : undefined));
  };

  /** Discards everything it receives, and resets the totals of counters. */
  stop(): void {
    this.#stopped = true;
    this.#completer.clear();
  }

  /** Resets the totals of counters. */
  reset(): void {
    this.#completer.clear();
  }

  start(): void {
    this.#stopped = false;
  }
}
