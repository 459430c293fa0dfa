import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seed } from "./seedRandom.js";

/** A row of a table in docs/delivery-results.md: what one client went through in one fault. */
export interface Row {
  readonly fault: string;
  readonly client: string;
  /** Emitted, or sent by the server. */
  readonly emitted: number;
  readonly arrived: number;
  readonly lost: number;
  readonly duplicated: number;
  /**
   * Between the end of the fault and the first arrival of something emitted after it, in
   * milliseconds: one for each time that the fault came.
   */
  readonly recoveredMs: readonly number[];
  /** What else there is to say. */
  readonly remark?: string | undefined;
}

const directory = fileURLToPath(new URL("../../.test-results/faults/", import.meta.url));

/** Keeps the rows of a test, for test/faults/table.mjs. */
export function report(rows: readonly Row[]): void {
  mkdirSync(directory, { recursive: true });
  const [{ fault } = { fault: "" }] = rows;
  const name = fault.replaceAll(/[^\w]+/g, "-");
  writeFileSync(join(directory, `${name}.json`), JSON.stringify({ seed, rows }, undefined, 2));
}
