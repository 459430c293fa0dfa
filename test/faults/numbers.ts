import { type Envelope, isLog } from "@loggregator/api";

/** The number that a line is. */
export function numberOf(envelope: Envelope): number {
  if (!isLog(envelope)) {
    throw new Error("expected a log");
  }
  return Number(Buffer.from(envelope.message.value.payload).toString());
}

/** What came of the numbers that were emitted. */
export function compare(emitted: readonly number[], arrived: readonly number[]) {
  const distinct = new Set(arrived);
  return {
    emitted: emitted.length,
    arrived: arrived.length,
    lost: emitted.filter((number) => !distinct.has(number)).length,
    duplicated: arrived.length - distinct.size,
  };
}

/** The numbers from 0 on. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** Whether each number is behind those that are less, the first time it comes. */
export function isOrdered(arrived: readonly number[]): boolean {
  const first = [...new Set(arrived)];
  return first.every((number, i) => i === 0 || (first[i - 1] as number) < number);
}
