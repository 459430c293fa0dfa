import { type Envelope, valueText } from "@loggregator/api";
import { decimalText, setOwn } from "@loggregator/core";
import { labelName } from "./names.js";

/**
 * Labels by name, in the order of their names. Empty labels are omitted: Prometheus treats them as
 * missing.
 */
export type Labels = Readonly<Record<string, string>>;

/**
 * The labels of an envelope's series: `source_id`, `instance_id` and the tags, including deprecated
 * ones. The values of tags whose names become the same label are joined by ";".
 *
 * @param tags The names of the tags that become labels; undefined for all.
 */
export function seriesLabels(envelope: Envelope, tags: ReadonlySet<string> | undefined): Labels {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(tagsOf(envelope)).sort(byName)) {
    if (value !== "" && name !== "__v1_type" && (tags === undefined || tags.has(name))) {
      const label = labelName(name);
      const other = Object.hasOwn(labels, label) ? labels[label] : undefined;
      setOwn(labels, label, other === undefined ? value : `${other};${value}`);
    }
  }
  // An agent replaces an empty source id in the same way.
  const sourceId = envelope.sourceId || envelope.tags["origin"] || "";
  setField(labels, "source_id", sourceId);
  setField(labels, "instance_id", envelope.instanceId);
  return Object.fromEntries(Object.entries(labels).sort(byName));
}

function setField(labels: Record<string, string>, name: string, value: string): void {
  if (value === "") {
    delete labels[name];
  } else {
    labels[name] = value;
  }
}

function tagsOf({ tags, deprecatedTags }: Envelope): Readonly<Record<string, string>> {
  const deprecated = Object.entries(deprecatedTags);
  if (deprecated.length === 0) {
    return tags;
  }
  const all = { ...tags };
  for (const [name, value] of deprecated) {
    setOwn(all, name, valueText(value, decimalText) ?? "");
  }
  return all;
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
