// Messages that identify their writer, and show if bytes of two were mixed.

export const longestShort = 5 + 210;

/** Writes message number `index` of a writer into `into`, `longer` times the usual length. Returns it. */
export function writeMessage(into, writer, index, longer) {
  const length = lengthOf(writer, index, longer);
  const message = into.subarray(0, length);
  message.fill(index + 31 * writer);
  message[0] = writer;
  message[1] = index;
  message[2] = index >> 8;
  message[3] = index >> 16;
  message[4] = index >> 24;
  return message;
}

/** Returns the writer and index of a message. Throws if it is not exactly what that writer wrote. */
export function readMessage(message, longer) {
  const writer = message[0];
  const index = message[1] | (message[2] << 8) | (message[3] << 16) | (message[4] << 24);
  const filled = (index + 31 * writer) & 0xff;
  let whole = message.length === lengthOf(writer, index, longer);
  for (let at = 5; at < message.length; at++) {
    whole &&= message[at] === filled;
  }
  if (!whole) {
    throw new Error(`torn: writer ${writer}, index ${index}, ${message.length} bytes`);
  }
  return { writer, index };
}

function lengthOf(writer, index, longer) {
  return 5 + longer * ((index * 7 + writer * 13) % 211);
}
