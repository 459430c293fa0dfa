import { type Envelope, isLog } from "@loggregator/api";
import type { IngressClient } from "../src/index.js";

/** Emits log lines that are numbers, from `first` on, padded to `size` bytes. */
export function emitNumbers(client: IngressClient, first: number, count: number, size = 0): void {
  for (let i = first; i < first + count; i++) {
    client.emitLog(String(i).padEnd(size), { sourceId: "app", timestamp: 1n });
  }
}

/** The number in a line of `emitNumbers`. */
export function numberOf(envelope: Envelope): number {
  return isLog(envelope)
    ? Number(Buffer.from(envelope.message.value.payload).toString())
    : Number.NaN;
}

/** The whole numbers from `first` up to before `end`. */
export function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}
