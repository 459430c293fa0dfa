import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { buildPeer } from "../interop/buildPeer.js";

/**
 * Removes the reports of the last run, and builds the Go program whose clients run beside ours, if
 * Go is installed.
 */
export default function setUp({ provide }: TestProject): void {
  const reports = fileURLToPath(new URL("../../.test-results/faults/", import.meta.url));
  rmSync(reports, { recursive: true, force: true });
  const program = buildPeer();
  if (program === undefined) {
    console.log("the rows of go-loggregator are left out: there is no go on the PATH");
  }
  provide("peer", program ?? "");
}
