import type { Envelope } from "@loggregator/api";
import { isEmpty } from "@loggregator/core";
import { sourceIdFromOrigin, tagsBehindAgent } from "./agentTags.js";
import { CounterTotals } from "./counterTotals.js";

/**
 * Completes envelopes as a forwarder agent does before it passes them on:
 *
 * 1. An empty source id becomes the tag `origin`, or the deprecated tag of this name if it is text.
 * 2. Deprecated tags also become tags, as text; the agent's own tags are added where they are
 * missing.
 * 3. The totals of counters are summed up from their deltas, by source id, name and tags.
 *
 * Envelopes read from Loggregator are already complete; completing them again changes nothing if
 * every counter has a total. Source: observed with loggregator-agent v8.3.24, see docs/protocol.md.
 */
export class EnvelopeCompleter {
  readonly #tags: readonly (readonly [string, string])[];
  readonly #totals = new CounterTotals();

  /**
   * @param tags The tags of the agent, such as `deployment`, `job`, `index` and `ip`, as pairs of
   * name and value. Default: none.
   */
  constructor(tags: readonly (readonly [string, string])[] = []) {
    this.#tags = tags;
  }

  /**
   * Returns the completed envelope. The argument is not changed; it is returned if it is already
   * complete.
   */
  complete(envelope: Envelope): Envelope {
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

  /** Discards the totals of all counters, as an agent does when it restarts. */
  clear(): void {
    this.#totals.clear();
  }
}
