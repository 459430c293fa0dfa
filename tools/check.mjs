// Runs the checks outside of tests: style, protocol definitions, generated code, the types of all
// code (including tests), imports between packages, the documents, the form of new commit messages,
// and the workflows of GitHub. Prints a line for each check, and the output of failed ones.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkArchitecture } from "./checks/architecture.mjs";
import { checkCommitMessages } from "./checks/commitMessages.mjs";
import { checkSyntax } from "./checks/documentSyntax.mjs";
import { checkImports } from "./checks/imports.mjs";
import { checkWording } from "./checks/wording.mjs";
import { checkCode, checkErrorTexts, checkMarkers, checkReferences } from "./documents.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`;
const actionlint = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

const checks = {
  "lint and format": () => run("biome", ["check", "--error-on-warnings"]),
  "protocol definitions": () => run("buf", ["lint"]),
  "generated code": compareGeneratedCode,
  types: () => run("tsc", ["-p", "tsconfig.check.json"]),
  imports: () => checkImports(root),
  "table of packages": () => checkArchitecture(root),
  "links in documents": () => checkReferences(root),
  "code in documents": () => checkCode(root),
  "syntax in documents": () => checkSyntax(root),
  "markers in documents": () => checkMarkers(root),
  "error texts in documents": () => checkErrorTexts(root),
  wording: () => checkWording(root),
  "documentation site": () => run("node", ["tools/site/build.mjs"]),
  "commit messages": () => checkCommitMessages(root),
};
if (hasGo()) {
  checks.workflows = () => run("go", ["run", actionlint]);
} else {
  console.log("skipped workflows: there is no go on the PATH to run actionlint");
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const started = performance.now();
  const fault = check();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${fault === undefined ? "ok    " : "FAILED"}  ${name} (${seconds} s)`);
  if (fault !== undefined) {
    failed += 1;
    console.log(fault);
  }
}
reportToCi({ numPassedTests: Object.keys(checks).length - failed, numFailedTests: failed });
process.exit(failed === 0 ? 0 : 1);

/** Runs a command, and returns its output if it failed. */
function run(command, args, cwd = root) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, PATH: path },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
  });
  return status === 0 ? undefined : `${error ?? ""}${stdout}${stderr}`;
}

function hasGo() {
  if (spawnSync("go", ["version"]).status === 0) {
    return true;
  }
  if (process.env.CI) {
    throw new Error("the workflows must be checked in CI: expected go on the PATH");
  }
  return false;
}

/** Generates into a temporary folder, so that the work tree does not change. */
function compareGeneratedCode() {
  const folders = ["packages/api/src/gen", "packages/otel/src/gen"];
  const elsewhere = mkdtempSync(join(tmpdir(), "loggregator-generate-"));
  try {
    copyFileSync(join(root, "biome.json"), join(elsewhere, "biome.json"));
    return (
      run("buf", ["generate", "--output", elsewhere]) ??
      run("biome", ["format", "--write", "--vcs-enabled=false", "."], elsewhere) ??
      folders
        .map((folder) => run("git", ["diff", "--no-index", folder, join(elsewhere, folder)]))
        .find((difference) => difference !== undefined)
    );
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}

/** Writes the counts in the same place and form as vitest; see ci.mjs. */
function reportToCi(counts) {
  if (!process.env.CI) {
    return;
  }
  mkdirSync(join(root, ".test-results"), { recursive: true });
  const report = `${process.env.TEST_REPORT ?? "check"}.json`;
  writeFileSync(join(root, ".test-results", report), JSON.stringify(counts));
}
