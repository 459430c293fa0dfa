/** Adds up the counts passed to `onDropped`. */
export function dropCounter(): { onDropped: (count: number) => void; reported: () => number } {
  let sum = 0;
  return {
    onDropped: (count) => {
      sum += count;
    },
    reported: () => sum,
  };
}
