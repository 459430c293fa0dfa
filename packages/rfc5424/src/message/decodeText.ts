const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8. Each byte that is not part of a well-formed sequence becomes one U+FFFD, as in Go.
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    return decodeMalformed(bytes, start, end);
  }
}

/** The smallest code point of a sequence, by its number of continuation bytes. */
const least = [0, 0x80, 0x800, 0x10000] as const;

function decodeMalformed(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let at = start;
  while (at < end) {
    const lead = bytes[at] as number;
    const more = continuationBytes(lead);
    let point = more === 0 ? lead : lead & (0x3f >> more);
    let length = 1;
    while (length <= more && at + length < end) {
      const next = bytes[at + length] as number;
      if ((next & 0xc0) !== 0x80) {
        break;
      }
      point = (point << 6) | (next & 0x3f);
      length++;
    }
    const minimum = least[more];
    const whole = minimum !== undefined && length === more + 1 && point >= minimum;
    if (whole && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)) {
      text += String.fromCodePoint(point);
      at += length;
    } else {
      text += "\ufffd";
      at++;
    }
  }
  return text;
}

/** Returns the number of continuation bytes after a lead byte; -1 if it is not a lead byte. */
function continuationBytes(lead: number): number {
  if (lead < 0x80) {
    return 0;
  }
  if (lead < 0xc2 || lead > 0xf4) {
    return -1;
  }
  return lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}
