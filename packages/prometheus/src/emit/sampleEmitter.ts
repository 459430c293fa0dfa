import type { Emitter } from "@loggregator/api";
import { setOwn, shortestText } from "@loggregator/core";
import { parseFloatText, type Sample } from "./parseMetricsText.js";

/** The common properties of the envelopes of a scrape. */
export interface SampleDefaults {
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly timestamp: Date;
}

/** The form of a sample's envelope. */
type Form = "counter" | "gauge" | undefined;

/**
 * Returns a function that emits a sample as Cloud Foundry's prom scraper does (see the README), or
 * undefined if the scraper omits it.
 */
export function sampleEmitter(
  emitter: Emitter,
  sample: Sample,
  defaults: SampleDefaults,
): (() => unknown) | undefined {
  const form = formOf(sample);
  if (form === undefined) {
    return undefined;
  }
  const { name, value } = sample;
  const { sourceId, unit, tags } = tagsOf(sample, defaults);
  const options = {
    sourceId: sourceId || defaults.sourceId,
    instanceId: defaults.instanceId,
    timestamp: defaults.timestamp,
    tags,
  };
  if (form === "gauge") {
    return () => emitter.emitGauge({ [name]: { value, unit } }, options);
  }
  const total = totalOf(value);
  return total === undefined ? undefined : () => emitter.emitCounter(name, { ...options, total });
}

function formOf({ name, family, type }: Sample): Form {
  const suffix = name.slice(family.length);
  switch (type) {
    case "gauge":
      return suffix === "" ? "gauge" : undefined;
    case "counter":
      return suffix === "" || suffix === "_total" ? "counter" : undefined;
    case "histogram":
    case "summary":
      if (suffix === "_count" || (suffix === "_bucket" && type === "histogram")) {
        return "counter";
      }
      return suffix === "_sum" || (suffix === "" && type === "summary") ? "gauge" : undefined;
    default:
      return undefined;
  }
}

function tagsOf({ labels, type }: Sample, defaults: SampleDefaults) {
  const tags = { ...defaults.tags };
  let sourceId = "";
  let unit = "";
  for (const [name, value] of Object.entries(labels)) {
    if (name === "source_id") {
      sourceId = value;
    } else if (name === "unit" && type === "gauge") {
      unit = value;
    } else {
      const isBound =
        (name === "le" && type === "histogram") || (name === "quantile" && type === "summary");
      setOwn(tags, name, isBound ? boundText(value) : value);
    }
  }
  return { sourceId, unit, tags };
}

/** A whole number in the range of a uint64; undefined if there is none. */
function totalOf(value: number): bigint | undefined {
  return value >= 0 && value < 2 ** 64 ? BigInt(Math.trunc(value)) : undefined;
}

/** A bound as the prom scraper writes it: "1" for "1.0". */
function boundText(text: string): string {
  const value = parseFloatText(text);
  return value === undefined ? text : shortestText(value);
}
