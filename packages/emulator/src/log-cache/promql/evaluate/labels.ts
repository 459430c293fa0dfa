/** The labels of a series: names and values, sorted by name. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** Identifies a set of labels. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(labels);
}

/** The labels with these names. */
export function keepLabels(labels: Labels, names: readonly string[]): Labels {
  return labels.filter(([name]) => names.includes(name));
}

/** The labels without these names. */
export function dropLabels(labels: Labels, names: readonly string[]): Labels {
  return labels.filter(([name]) => !names.includes(name));
}

export function sortedLabels(labels: Readonly<Record<string, string>>): Labels {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Labels as Prometheus prints them in errors. */
export function formatLabels(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}
