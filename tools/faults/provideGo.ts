import type { TestProject } from "vitest/node";
import { buildProgram } from "../interop/buildPeer.js";

/** Builds the Go program that goes through the faults beside our clients, where there is Go. */
export default function provideGo({ provide }: TestProject): void {
  const program = buildProgram();
  if (program === undefined) {
    console.log("the rows of go-loggregator are left out: there is no go on the PATH");
  }
  provide("peer", program ?? "");
}
