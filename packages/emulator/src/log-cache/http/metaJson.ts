import type { SourceMeta } from "../store/envelopeStore.js";

type Meta = Iterable<readonly [sourceId: string, meta: SourceMeta]>;

/** Formats `meta` like the gateway: snake case, with zeros. */
export function gatewayMetaJson(meta: Meta): string {
  return `{"meta":{${[...meta].map(
    ([sourceId, { count, expired, oldestTimestamp, newestTimestamp }]) =>
      `${JSON.stringify(sourceId)}:{"count":"${count}", "expired":"${expired}", "oldest_timestamp":"${oldestTimestamp}", "newest_timestamp":"${newestTimestamp}"}`,
  )}}}`;
}

/**
 * Formats `meta` like the auth proxy: camel case, without zeros, and without `meta` if it is empty.
 */
export function proxyMetaJson(meta: Meta): string {
  const sources = [...meta].map(([sourceId, info]) => {
    const fields = Object.entries(info)
      .filter(([, value]) => BigInt(value) !== 0n)
      .map(([name, value]) => `"${name}":"${value}"`);
    return `${JSON.stringify(sourceId)}:{${fields}}`;
  });
  return sources.length === 0 ? "{}" : `{"meta":{${sources}}}`;
}
