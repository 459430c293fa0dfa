import type { Observation } from "../observation/observation.js";
import type { EmulatorStats } from "../observation/statsBoard.js";
import { ApiError } from "./apiError.js";
import { Parameters } from "./parameters.js";

/**
 * `GET /stats`: the counts. With parameters such as `egressStreams=1`, it waits until each count has
 * at least this value.
 */
export async function getStats(
  { waiting, stats }: Observation,
  search: URLSearchParams,
  signal: AbortSignal,
): Promise<string> {
  const names = Object.keys(stats.snapshot) as (keyof EmulatorStats)[];
  const parameters = new Parameters(search, [...names, "timeoutMs"]);
  const least = names.flatMap((name) => {
    const count = parameters.integer(name, 0, Number.MAX_SAFE_INTEGER);
    return count === undefined ? [] : [[name, count] as const];
  });
  const timeoutMs = parameters.timeoutMs();
  await waiting.wait(
    {
      check: () => {
        const { snapshot } = stats;
        return least.every(([name, count]) => snapshot[name] >= count)
          ? () => undefined
          : undefined;
      },
      timedOut: () =>
        new ApiError(
          504,
          "timeout",
          `the stats did not reach these values within ${timeoutMs} ms`,
          { stats: stats.snapshot },
        ),
      closed: () => new ApiError(503, "closed", "the emulator is closing"),
    },
    { signal, timeoutMs },
  );
  return JSON.stringify(stats.snapshot);
}
