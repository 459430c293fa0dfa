import type { SourceColor } from "./paint.js";

/**
 * Colours of the 256-colour palette that can be distinguished, and read on black and on white. They
 * differ from the colours of errors and warnings.
 */
const palette = [33, 34, 37, 65, 67, 71, 93, 99, 100, 139, 169, 172, 173, 200] as const;

/** Returns the colour of a source: the same one in every run. Several sources may share one. */
export function sourceColor(sourceId: string): SourceColor {
  // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
  let hash = 0x811c9dc5;
  for (let at = 0; at < sourceId.length; at += 1) {
    hash = Math.imul(hash ^ sourceId.charCodeAt(at), 0x01000193);
  }
  return `color ${palette[(hash >>> 0) % palette.length] ?? palette[0]}`;
}
