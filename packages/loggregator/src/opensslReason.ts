const marker = ":error:";
/** The prefix that Node.js adds to some errors. */
const prefix = "write EPROTO ";

/**
 * Replaces an error of OpenSSL at the end of a message with its reason: of `write EPROTO
 * 40B7:error:0A00010B:SSL routines:ssl3_get_record:wrong version
 * number:ssl/record/ssl3_record.c:354:` only `wrong version number` is kept. Other messages are
 * returned unchanged.
 *
 * Takes linear time, as a message may quote a server's answer.
 */
export function opensslReason(message: string): string {
  const at = message.lastIndexOf(marker);
  if (at === -1) {
    return message;
  }
  const [, , , reason, file, line, rest, ...more] = message.slice(at + marker.length).split(":", 8);
  const isComplete = reason && file && isNumber(line) && rest?.trim() === "" && more.length === 0;
  if (!isComplete) {
    return message;
  }
  let start = at;
  while (start > 0 && isHexDigit(message.charCodeAt(start - 1))) {
    start -= 1;
  }
  if (start === at) {
    return message;
  }
  if (message.startsWith(prefix, start - prefix.length)) {
    start -= prefix.length;
  }
  return message.slice(0, start) + reason;
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.length <= 10 && /^\d+$/.test(text);
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46);
}
