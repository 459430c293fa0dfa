import { mkdirSync, writeFileSync } from "node:fs";

/** In CI, writes the verdict beside vitest's reports, as one test; see tools/ci.mjs. */
export function reportToCi(fullName: string, failureMessages: readonly string[]): void {
  if (!process.env["CI"]) {
    return;
  }
  const failed = failureMessages.length > 0;
  const report = {
    numPassedTests: failed ? 0 : 1,
    numFailedTests: failed ? 1 : 0,
    testResults: [
      { assertionResults: [{ fullName, status: failed ? "failed" : "passed", failureMessages }] },
    ],
  };
  mkdirSync(".test-results", { recursive: true });
  const name = process.env["TEST_REPORT"] ?? "soak";
  writeFileSync(`.test-results/${name}.json`, JSON.stringify(report));
}
