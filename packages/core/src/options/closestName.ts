/**
 * Longer names are not compared: they are unlikely to be misspelled options, and the comparison
 * takes quadratic time.
 */
const maxLength = 64;

/**
 * Returns the known name that `name` most likely misspells, or undefined if none is close: at most
 * a third of the characters may differ, ignoring case.
 */
export function closestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > maxLength) {
    return undefined;
  }
  let closest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      closest = candidate;
    }
  }
  return closest;
}

/** Returns the minimum number of insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  // A row contains the distances between one prefix of `a` and each prefix of `b`.
  let before = new Uint16Array();
  let row = Uint16Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = Uint16Array.of(...row).fill(i);
    for (let j = 1; j <= b.length; j++) {
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const [left, above, diagonal] = [next[j - 1], row[j], row[j - 1]] as [number, number, number];
      next[j] =
        a[i - 1] === b[j - 1]
          ? diagonal
          : 1 + Math.min(left, above, diagonal, isSwapped ? (before[j - 2] as number) : diagonal);
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
