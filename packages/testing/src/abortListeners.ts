import { getEventListeners } from "node:events";

/** Returns the number of listeners that are left on a signal. */
export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}
