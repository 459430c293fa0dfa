// Runs the unit and integration tests several times alongside busy processes, and lists every
// failure. Exit code: 0 if every run passed, 1 if one did not, 2 if the arguments are invalid.
import { fork, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseFlakesOptions, usage } from "./flakesOptions.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

if (process.argv[2] === "busy") {
  keepBusy();
} else {
  process.exitCode = await main(process.argv.slice(2));
}

async function main(args) {
  let options;
  try {
    options = parseFlakesOptions(args);
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "loggregator-flakes-"));
  const busy = Array.from({ length: options.busy }, () =>
    fork(fileURLToPath(import.meta.url), ["busy"]),
  );
  const runs = [];
  try {
    while (runs.length < options.runs) {
      const run = await runTests(options.filters, join(folder, `${runs.length}.json`));
      runs.push(run);
      console.log(
        `run ${runs.length} of ${options.runs}: ${run.passed} passed, ${run.failures.length} failed, ${run.seconds} s`,
      );
      for (const { name, message } of run.failures) {
        console.log(`\n  ${name}\n${indent(message)}\n`);
      }
    }
  } finally {
    for (const child of busy) {
      child.disconnect();
    }
    rmSync(folder, { recursive: true, force: true });
  }
  printTable(runs);
  return runs.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

/** Uses a core until the parent process ends or disconnects. */
function keepBusy() {
  process.on("disconnect", () => process.exit());
  const spin = () => {
    for (const end = performance.now() + 50; performance.now() < end; ) {}
    setImmediate(spin);
  };
  spin();
}

async function runTests(filters, report) {
  const began = performance.now();
  const args = [
    ...["run", "--config", "vitest.workspace.ts", "--project", "unit", "--project", "integration"],
    `--reporter=${fileURLToPath(new URL("failureReporter.mjs", import.meta.url))}`,
    ...filters,
  ];
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", FAILURE_REPORT: report },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      // If there is no report, the end of the output contains the reason.
      output = (output + text).slice(-20_000);
    });
  }
  const code = await new Promise((resolve) => child.on("close", resolve));
  const { passed, failures } = readReport(report);
  if (code !== 0 && failures.length === 0) {
    failures.push({ name: `vitest ended with ${code} outside its tests`, message: output });
  }
  return { passed, failures, seconds: Math.round((performance.now() - began) / 1_000) };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return { passed: 0, failures: [] };
  }
}

function printTable(runs) {
  const counts = new Map();
  for (const { name } of runs.flatMap(({ failures }) => failures)) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  console.log("\n| run | passed | failed | seconds |\n| --- | --- | --- | --- |");
  runs.forEach(({ passed, failures, seconds }, index) => {
    console.log(`| ${index + 1} | ${passed} | ${failures.length} | ${seconds} |`);
  });
  if (counts.size > 0) {
    console.log(`\n| runs that failed | test |\n| --- | --- |`);
    for (const [name, count] of [...counts].sort((a, b) => b[1] - a[1])) {
      console.log(`| ${count} | ${name} |`);
    }
  }
  const good = runs.filter(({ failures }) => failures.length === 0).length;
  console.log(`\npassed: ${good} of ${runs.length}`);
}

function indent(text) {
  return text.replace(/^/gm, "    ");
}
