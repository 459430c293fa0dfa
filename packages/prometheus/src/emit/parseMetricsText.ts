import { formatValue, setOwn } from "@loggregator/core";
import { ScrapeError } from "../errors.js";

/** One line of a scrape, with the type of its metric. */
export interface Sample {
  /** With a suffix such as `_bucket`, as written. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The name of the metric that `# TYPE` declares, or the sample's own. */
  readonly family: string;
  /** The declared type; "untyped" if there is none. */
  readonly type: string;
}

const suffixes = ["_sum", "_count", "_bucket", "_total", "_created"];

/**
 * Parses the text formats of Prometheus and OpenMetrics. Help, timestamps and exemplars are
 * omitted.
 *
 * @throws ScrapeError for a malformed line.
 */
export function parseMetricsText(text: string): Sample[] {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed.startsWith("#")) {
      const [, name, type] = /^#\s+TYPE\s+(\S+)\s+(\S+)$/.exec(trimmed) ?? [];
      if (name !== undefined && type !== undefined) {
        types.set(name, type);
      }
    } else if (trimmed !== "") {
      samples.push(parseSample(trimmed, index + 1, types));
    }
  }
  return samples;
}

function parseSample(line: string, number: number, types: ReadonlyMap<string, string>): Sample {
  const malformed = () =>
    new ScrapeError(
      `line ${number} is not a Prometheus metric: ${formatValue(line.slice(0, 200))}`,
    );
  const start = /^([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{)?/.exec(line);
  const name = start?.[1];
  if (start === null || name === undefined) {
    throw malformed();
  }
  const labels: Record<string, string> = {};
  let end = start[0].length;
  if (start[2] !== undefined) {
    const label = /\s*(?:([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|(?=\})))?/y;
    while (line[end] !== "}") {
      label.lastIndex = end;
      const [all = "", labelName, value] = label.exec(line) ?? [];
      end += all.length;
      if (labelName === undefined || value === undefined) {
        if (line[end] !== "}") {
          throw malformed();
        }
        break;
      }
      setOwn(labels, labelName, unescapeValue(value));
    }
    end++;
  }
  const [, valueText = ""] = /^\s*(\S+)(?:\s+-?[\d.]+)?\s*(?:#.*)?$/.exec(line.slice(end)) ?? [];
  const value = parseFloatText(valueText);
  if (value === undefined) {
    throw malformed();
  }
  const family = familyOf(name, types);
  return { name, labels, value, family, type: types.get(family) ?? "untyped" };
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  if (types.has(name)) {
    return name;
  }
  for (const suffix of suffixes) {
    if (name.endsWith(suffix) && types.has(name.slice(0, -suffix.length))) {
      return name.slice(0, -suffix.length);
    }
  }
  return name;
}

/** Returns undefined if it is not a number as Prometheus writes it. */
export function parseFloatText(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) {
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (/^nan$/i.test(text)) {
    return Number.NaN;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function unescapeValue(text: string): string {
  return text.replace(/\\(.)/g, (all, character: string) => {
    if (character === "n") {
      return "\n";
    }
    return character === "\\" || character === '"' ? character : all;
  });
}
