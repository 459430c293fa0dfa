/** Longer text is nobody's slip of the finger, and comparing it would take quadratic time. */
const maxLength = 64;

/**
 * The known name that `name` is most likely a misspelling of, or undefined if none is close: at
 * most a third of its characters may differ, upper and lower case aside.
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

/** Returns the number of characters to insert, remove, replace or swap with the next one. */
function editDistance(a: string, b: string): number {
  // `table[row][column]` is the distance of the first characters of each.
  const table: number[][] = [];
  for (let row = 0; row <= a.length; row++) {
    table[row] = [];
    for (let column = 0; column <= b.length; column++) {
      const before = (rows: number, columns: number) =>
        table[row - rows]?.[column - columns] ?? Number.POSITIVE_INFINITY;
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      table[row]?.push(
        Math.min(
          row + column === 0 ? 0 : before(1, 0) + 1,
          before(0, 1) + 1,
          before(1, 1) + (isSame ? 0 : 1),
          isSwapped ? before(2, 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return table[a.length]?.[b.length] as number;
}
