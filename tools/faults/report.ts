import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A row of the table in docs/delivery.md: what one client went through in one fault. */
export interface Row {
  readonly fault: string;
  readonly client: string;
  /** Emitted, or sent by the server. */
  readonly emitted: number;
  readonly arrived: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Between the end of the fault and the first arrival of something emitted after it, in milliseconds. */
  readonly recoveredMs: number | undefined;
}

const directory = fileURLToPath(new URL("../../.test-results/faults/", import.meta.url));

/** Keeps the rows of a test, for tools/faults/table.mjs. */
export function report(rows: readonly Row[]): void {
  mkdirSync(directory, { recursive: true });
  const [{ fault } = { fault: "" }] = rows;
  const name = fault.replaceAll(/[^\w]+/g, "-");
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(rows, undefined, 2));
}

/** What came of the numbers that were emitted, those from 0 on that rise by one. */
export function compare(emitted: readonly number[], arrived: readonly number[]) {
  const distinct = new Set(arrived);
  return {
    emitted: emitted.length,
    arrived: arrived.length,
    lost: emitted.filter((number) => !distinct.has(number)).length,
    duplicated: arrived.length - distinct.size,
  };
}

/** Whether each number is behind those that are less, the first time it comes. */
export function isOrdered(arrived: readonly number[]): boolean {
  const first = [...new Set(arrived)];
  return first.every((number, i) => i === 0 || (first[i - 1] as number) < number);
}
