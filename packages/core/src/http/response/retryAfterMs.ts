/**
 * Reads a `Retry-After` header, which is a number of seconds or an HTTP date. Returns milliseconds
 * from now, or undefined if there is none or it is malformed.
 */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) {
    return Number(text) * 1000;
  }
  const date = text.length < 40 && text.endsWith("GMT") ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
