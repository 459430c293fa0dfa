import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { buildProgram } from "../interop/buildPeer.js";

/**
 * Forgets what the last run reported, and builds the Go program that goes through the faults beside
 * our clients, where there is Go.
 */
export default function setUp({ provide }: TestProject): void {
  const reports = fileURLToPath(new URL("../../.test-results/faults/", import.meta.url));
  rmSync(reports, { recursive: true, force: true });
  const program = buildProgram();
  if (program === undefined) {
    console.log("the rows of go-loggregator are left out: there is no go on the PATH");
  }
  provide("peer", program ?? "");
}
