import { type Envelope, isLog } from "@loggregator/api";

/** Returns the number in a line. */
export function numberOf(envelope: Envelope): number {
  if (!isLog(envelope)) {
    throw new Error("expected a log");
  }
  return Number(Buffer.from(envelope.message.value.payload).toString());
}

/** Counts the emitted numbers that were delivered, lost and duplicated. */
export function compare(emitted: readonly number[], arrived: readonly number[]) {
  const distinct = new Set(arrived);
  return {
    emitted: emitted.length,
    arrived: arrived.length,
    lost: emitted.filter((number) => !distinct.has(number)).length,
    duplicated: arrived.length - distinct.size,
  };
}

/** Returns the numbers from 0 to `count - 1`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** Returns true if the first occurrences of the numbers are in ascending order. */
export function isOrdered(arrived: readonly number[]): boolean {
  const first = [...new Set(arrived)];
  return first.every((number, i) => i === 0 || (first[i - 1] as number) < number);
}
