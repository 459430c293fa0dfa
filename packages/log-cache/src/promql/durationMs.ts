const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** The milliseconds of a duration of Prometheus 2.13, such as `30s`. NaN for other text. */
export function durationMs(text: string): number {
  const [, count, unit = ""] = /^(\d+)(ms|[smhdwy])$/.exec(text) ?? [];
  return Number(count) * (unitMs[unit] ?? Number.NaN);
}
