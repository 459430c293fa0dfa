import { fileURLToPath } from "node:url";
import { buildGoProgram } from "@loggregator/testing/go";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The path of the Go program; empty if Go is not installed. */
    peer: string;
  }
}

const source = fileURLToPath(new URL("peer", import.meta.url));
const program = fileURLToPath(new URL("../../node_modules/.cache/interop/peer", import.meta.url));

/** Builds the Go program, once for all tests. */
export default function provideProgram({ provide }: TestProject): void {
  const built = buildPeer();
  if (built === undefined) {
    if (process.env["CI"]) {
      throw new Error("interop must run in CI: expected go on the PATH");
    }
    console.log("interop is skipped: there is no go on the PATH");
  }
  provide("peer", built ?? "");
}

/** Returns the path of the Go program, or undefined if Go is not installed. */
export function buildPeer(): string | undefined {
  return buildGoProgram(source, program);
}
