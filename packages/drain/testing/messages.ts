import type { DrainMessage } from "../src/index.js";

/** A log as a syslog message that ends with a newline. */
export const line = (text: string) => `<14>1 - - app [APP/PROC/WEB/0] - - ${text}\n`;

export const textOf = ({ message }: DrainMessage) =>
  Buffer.from(message.message).toString().trimEnd();
