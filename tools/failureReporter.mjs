// A reporter for vitest that writes counts and failures, with full messages, to the file that the
// environment variable FAILURE_REPORT names. (The built-in JSON report contains only stacks, and
// that of a test that timed out does not mention the timeout.)
import { writeFileSync } from "node:fs";

export default class FailureReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    const failures = [];
    for (const module of modules) {
      const path = module.relativeModuleId ?? module.moduleId;
      const failed = (name, errors) =>
        failures.push({
          name: [path, name].filter(Boolean).join(" > "),
          message: errors.map(describe).join("\n\n"),
        });
      if (module.errors().length > 0) {
        failed("", module.errors());
      }
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) {
          failed(suite.fullName, suite.errors());
        }
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === "passed") {
          passed++;
        }
        if (state === "failed") {
          failed(test.fullName, errors ?? []);
        }
      }
    }
    if (unhandledErrors.length > 0) {
      failures.push({
        name: "unhandled errors",
        message: unhandledErrors.map(describe).join("\n\n"),
      });
    }
    writeFileSync(process.env.FAILURE_REPORT, JSON.stringify({ passed, failures }));
  }
}

function describe({ name, message, stack = "", diff }) {
  const frames = stack
    .split("\n")
    .filter((line) => /^\s+at .*(?:packages|examples|tools)\//.test(line));
  return [`${name ?? "Error"}: ${message}`, diff, ...frames].filter(Boolean).join("\n");
}
