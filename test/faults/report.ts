import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seed } from "./seedRandom.js";

/** A row of a table in docs/delivery-results.md: the result of one client in one fault. */
export interface Row {
  readonly fault: string;
  readonly client: string;
  /** The number of envelopes that the client emitted, or that the server sent to a reader. */
  readonly emitted: number;
  readonly arrived: number;
  readonly lost: number;
  readonly duplicated: number;
  /**
   * The times between the end of the fault and the first arrival of an envelope emitted after it,
   * in milliseconds: one for each occurrence of the fault.
   */
  readonly recoveredMs: readonly number[];
  /** An additional remark. */
  readonly remark?: string | undefined;
}

const directory = fileURLToPath(new URL("../../.test-results/faults/", import.meta.url));

/** Writes the rows of a test to a file for test/faults/table.mjs. */
export function report(rows: readonly Row[]): void {
  mkdirSync(directory, { recursive: true });
  const [{ fault } = { fault: "" }] = rows;
  const name = fault.replaceAll(/[^\w]+/g, "-");
  writeFileSync(join(directory, `${name}.json`), JSON.stringify({ seed, rows }, undefined, 2));
}
