/**
 * The outline of a sparkline for an SVG path, in a box of `width` by `height`: a line from left to
 * right, the largest value at the top, 0 at the bottom.
 */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const most = Math.max(1, ...values);
  const stride = width / Math.max(1, values.length - 1);
  return values
    .map((value, index) => {
      const x = (index * stride).toFixed(1);
      const y = (height - (value / most) * height).toFixed(1);
      return `${index === 0 ? "M" : "L"}${x} ${y}`;
    })
    .join("");
}
