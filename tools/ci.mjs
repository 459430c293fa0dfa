// Runs all checks and tests, and ends with one line: N passed, N failed, N skipped.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, ".test-results");
const vitest = "node node_modules/vitest/vitest.mjs run --config vitest.workspace.ts";

/**
 * Each step writes its counts to `.test-results/<name>.json`, as vitest does. The unit tests share
 * their modules on the other versions of Node.js, which halves their CPU time; `npm test` runs each
 * file in its own.
 */
const steps = {
  test: "npm test",
  check: "npm run check",
  browser: `${vitest} --project browser`,
  docs: `${vitest} --project docs`,
  interop: `${vitest} --project interop`,
  faults: `${vitest} --project faults`,
  soak: "npm run soak -- --minutes 0.5",
  packages: `${vitest} --project packages`,
  node22: `npx --yes --package=node@22 -- ${vitest} --project unit --no-isolate`,
  node24: `npx --yes --package=node@24 -- ${vitest} --project unit --no-isolate`,
  node26: `npx --yes --package=node@26 -- ${vitest} --project unit --no-isolate`,
  bun: "node test/runtimes/run.mjs bun",
  deno: "node test/runtimes/run.mjs deno",
};

/**
 * The steps in order. The lanes of a stage run at the same time. The second has a lower priority: it
 * uses the time in which the first one waits, and hardly slows it down.
 */
const stages = [
  ...["test", "check", "browser", "interop", "soak"].map((name) => [[name]]),
  [["faults"], ["docs", "node22", "node24", "node26", "bun", "deno"]],
  [["packages"]],
];

rmSync(reports, { recursive: true, force: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
for (const lanes of stages) {
  await Promise.all(
    lanes.map(async (names, lane) => {
      for (const name of names) {
        await runStep(name, lanes.length === 1, lane * 5);
      }
    }),
  );
}
// Repeated at the end, to be visible.
for (const failure of failures) {
  console.log(`\n${failure}`);
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

/**
 * Runs a step. Its output is printed at once if it runs alone, and otherwise at its end.
 *
 * @param niceness By how much its priority is lower than that of this process.
 */
async function runStep(name, isAlone, niceness) {
  const command = steps[name];
  const started = performance.now();
  const output = isAlone ? "inherit" : "pipe";
  const child = spawn(command, {
    cwd: root,
    env: { ...process.env, CI: "true", TEST_REPORT: name },
    stdio: ["ignore", output, output],
    shell: true,
  });
  setPriority(child.pid, Math.min(19, getPriority() + niceness));
  const title = `\n== ${name}: ${command}`;
  let text = title;
  if (isAlone) {
    console.log(title);
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
  }
  const [status] = await once(child, "close");
  if (!isAlone) {
    console.log(text);
  }
  const report = readReport(name);
  const good = status === 0 && report !== undefined;
  total.passed += report?.numPassedTests ?? 0;
  // A step can fail without a failed test: it did not start, or there was nothing to run.
  total.failed += Math.max(report?.numFailedTests ?? 0, good ? 0 : 1);
  total.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  if (!good) {
    failures.push(...failuresOf(name, report));
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`== ${name}: ${good ? "passed" : "FAILED"} in ${seconds} s`);
}

function readReport(name) {
  try {
    return JSON.parse(readFileSync(join(reports, `${name}.json`), "utf8"));
  } catch {
    return undefined;
  }
}

function failuresOf(name, report) {
  const tests = report?.testResults?.flatMap(({ assertionResults }) => assertionResults) ?? [];
  const failed = tests.filter(({ status }) => status === "failed");
  if (failed.length === 0) {
    return [`${name} failed outside its tests: see above`];
  }
  return failed.map(({ fullName, failureMessages }) =>
    [`${name} > ${fullName}`, ...failureMessages].join("\n"),
  );
}
