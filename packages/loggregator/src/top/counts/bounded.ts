/** Longer names are truncated, to bound the memory. */
const maxNameLength = 256;

/** Truncates a name. */
export function bounded(name: string): string {
  return name.length <= maxNameLength ? name : `${name.slice(0, maxNameLength - 1)}…`;
}

/** Copies a string: a part of a larger string, such as a message, keeps that in memory. */
export function copy(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
