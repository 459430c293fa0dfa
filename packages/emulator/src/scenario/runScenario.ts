import type { Envelope } from "@loggregator/api";
import { onAbort } from "@loggregator/core";
import { scenarioEnvelopes } from "./scenarioEnvelopes.js";
import type { ScenarioOptions } from "./scenarioOptions.js";

/** The number of envelopes that are emitted in one turn of the event loop. */
const maxAtOnce = 1000;
const intervalMs = 10;

/**
 * Emits the envelopes of a scenario at their times, until the signal aborts. If the process is too
 * slow for the rate, the scenario falls behind.
 */
export function runScenario(
  options: ScenarioOptions,
  emit: (envelope: Envelope) => void,
  closing: AbortSignal,
): void {
  if (closing.aborted) {
    return;
  }
  const envelopes = scenarioEnvelopes(options);
  let next = envelopes.next().value;
  const first = next.timestamp;
  const start = performance.now();
  const timer = setInterval(() => {
    const elapsed = BigInt(Math.floor((performance.now() - start) * 1e6));
    for (let count = 0; count < maxAtOnce && next.timestamp - first <= elapsed; count += 1) {
      emit(next);
      next = envelopes.next().value;
    }
  }, intervalMs);
  onAbort(closing, () => clearInterval(timer));
}
