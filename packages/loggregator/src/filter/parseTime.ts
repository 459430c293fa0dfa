const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** How times are written, for messages. */
export const timeForms = "5m, 1h30m, 2026-01-31T12:00:00Z or UNIX seconds";

/**
 * Parses a time: a duration before now (`90s`, `5m`, `1h30m`, `2d`), RFC 3339, a date, a local time
 * of today (`14:30`), or UNIX seconds. Returns nanoseconds since the UNIX epoch.
 *
 * @param now In milliseconds.
 */
export function parseTime(text: string, now: number = Date.now()): bigint | undefined {
  const ms = text.length > 40 ? undefined : (ago(text, now) ?? today(text, now) ?? absolute(text));
  return ms === undefined || Number.isNaN(ms) ? undefined : BigInt(Math.round(ms)) * 1_000_000n;
}

function ago(text: string, now: number): number | undefined {
  let ms = 0;
  let rest = text;
  while (rest !== "") {
    const part = /^(\d{1,9}(?:\.\d{1,3})?)(ms|[smhd])/.exec(rest);
    if (part === null) {
      return undefined;
    }
    ms += Number(part[1]) * (units[part[2] ?? ""] ?? Number.NaN);
    rest = rest.slice(part[0].length);
  }
  return text === "" || ms > now ? undefined : now - ms;
}

function today(text: string, now: number): number | undefined {
  const [, hours, minutes, seconds = "0"] = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    return undefined;
  }
  return new Date(now).setHours(Number(hours), Number(minutes), Number(seconds), 0);
}

function absolute(text: string): number | undefined {
  if (/^\d{1,12}(?:\.\d{1,9})?$/.test(text)) {
    return Number(text) * 1_000;
  }
  return /^\d{4}-\d\d-\d\d(?:[T ].+)?$/.test(text) ? Date.parse(text) : undefined;
}
