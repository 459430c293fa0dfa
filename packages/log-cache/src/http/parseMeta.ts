import type { SourceMeta } from "../client/sourceMeta.js";

/**
 * Parses the body of an answer to a meta request. The gateway writes `oldest_timestamp` and zeros;
 * the auth proxy writes `oldestTimestamp`, and omits zeros and an empty `meta`.
 *
 * @throws SyntaxError for anything else.
 */
export function parseMeta(text: string): Map<string, SourceMeta> {
  const { meta = {} } = object(JSON.parse(text), "the answer") as { meta?: unknown };
  const sources = new Map<string, SourceMeta>();
  for (const [sourceId, value] of Object.entries(object(meta, "meta"))) {
    const info = object(value, "an entry of meta") as Readonly<Record<string, unknown>>;
    sources.set(sourceId, {
      count: Number(integer(info["count"])),
      expired: Number(integer(info["expired"])),
      oldestTimestamp: integer(info["oldestTimestamp"] ?? info["oldest_timestamp"]),
      newestTimestamp: integer(info["newestTimestamp"] ?? info["newest_timestamp"]),
    });
  }
  return sources;
}

function object(value: unknown, what: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value;
  }
  throw new SyntaxError(`${what} must be an object`);
}

function integer(value: unknown = "0"): bigint {
  if ((typeof value === "string" || typeof value === "number") && /^-?\d{1,20}$/.test(`${value}`)) {
    return BigInt(value);
  }
  throw new SyntaxError("expected an integer in meta");
}
