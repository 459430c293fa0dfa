const bars = "▁▂▃▄▅▆▇█";

/**
 * Draws values as one character each, from 0 to the greatest one. Missing values at the start are
 * spaces.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const greatest = Math.max(...shown, 0);
  const drawn = shown.map((value) => {
    if (greatest === 0 || value <= 0) {
      return bars[0];
    }
    return bars[Math.min(Math.ceil((value / greatest) * bars.length), bars.length) - 1];
  });
  return drawn.join("").padStart(width);
}
