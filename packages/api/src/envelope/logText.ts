import { objectArgument } from "@loggregator/core";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import type { LogEnvelope } from "./builders.js";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Returns the payload of a log as text, or undefined for any other envelope. Invalid UTF-8 becomes
 * U+FFFD.
 *
 * @throws OptionTypeError if `envelope` is not an object.
 */
export function logText(envelope: LogEnvelope): string;
export function logText(envelope: Envelope): string | undefined;
export function logText(envelope: Envelope): string | undefined {
  objectArgument("envelope", envelope);
  const { message } = envelope;
  return message?.$case === "log" ? utf8.decode(message.value.payload) : undefined;
}
