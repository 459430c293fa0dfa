import type { Redact } from "../redactor.js";

/** The maximum length of text from other servers in messages, in characters. */
const maxLength = 200;

/** Prepares text from another server for a message: without secrets, on one line, and truncated. */
export function quote(text: string, redact: Redact): string {
  const line = redact(text).replace(/\p{Cc}+/gu, " ");
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
