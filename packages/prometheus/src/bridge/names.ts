/** Units that have another name in Prometheus. Texts that are not units have an empty name. */
const unitNames: Readonly<Record<string, string>> = {
  "%": "percent",
  "1": "",
  b: "bytes",
  byte: "bytes",
  count: "",
  counter: "",
  gauge: "",
  h: "hours",
  kb: "kilobytes",
  kib: "kibibytes",
  mb: "megabytes",
  mib: "mebibytes",
  metric: "",
  metrics: "",
  min: "minutes",
  ms: "milliseconds",
  millis: "milliseconds",
  none: "",
  ns: "nanoseconds",
  nanos: "nanoseconds",
  number: "",
  percentage: "percent",
  s: "seconds",
  sec: "seconds",
  us: "microseconds",
  µs: "microseconds",
};

/** A valid name of a Prometheus metric. Colons are reserved for recording rules. */
export function metricName(name: string): string {
  return startWithLetter(name.replace(/[^a-zA-Z0-9_]/g, "_"));
}

/** A valid name of a Prometheus label. Those that start with two underscores are Prometheus's own. */
export function labelName(name: string): string {
  return startWithLetter(name.replace(/[^a-zA-Z0-9_]/g, "_").replace(/^__+/, "_"));
}

/** The name of a counter: it ends in `_total`. */
export function counterName(name: string): string {
  return withSuffix(metricName(name), "total");
}

/** The name of a gauge: it ends in its unit, as in `latency_milliseconds`, if it has one. */
export function gaugeName(name: string, unit: string): string {
  return withSuffix(metricName(name), unitName(unit));
}

function unitName(unit: string): string {
  const parts = unit
    .trim()
    .toLowerCase()
    .split("/")
    .map((part) => (Object.hasOwn(unitNames, part) ? (unitNames[part] as string) : part));
  return parts
    .join("_per_")
    .replace(/[^a-z0-9_]/g, "_")
    .replace(/^_+|_+$/g, "");
}

function withSuffix(name: string, suffix: string): string {
  return suffix === "" || name.endsWith(`_${suffix}`) ? name : `${name}_${suffix}`;
}

function startWithLetter(name: string): string {
  return /^[a-zA-Z_]/.test(name) ? name : `_${name}`;
}
