// Checks the form of commit messages: `scope: what changes`, at most 72 characters, imperative.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const maxLength = 72;
const scopesBesidePackages = ["bench", "ci", "docs", "examples", "repo", "test", "tools"];

/** Returns the fault of the first line of a commit message, or undefined. */
export function subjectFault(subject, packages) {
  const scopes = [...packages, ...scopesBesidePackages];
  const parts = /^([a-z0-9-]+(?:, [a-z0-9-]+)*): (\S.*)$/.exec(subject);
  if (parts === null) {
    return 'must have the form "scope: what changes"';
  }
  const unknown = parts[1].split(", ").find((scope) => !scopes.includes(scope));
  if (unknown !== undefined) {
    return `has the unknown scope "${unknown}", known: ${scopes.join(", ")}`;
  }
  if (subject.length > maxLength) {
    return `has ${subject.length} characters, more than ${maxLength}`;
  }
  if (/[.\s]$/.test(subject)) {
    return "must not end with a full stop or a space";
  }
  return undefined;
}

/**
 * Checks the commits since the base and returns their faults as text, or undefined. The base is
 * COMMIT_BASE, or by default the commit that added this check, at that time in another folder:
 * older messages have other forms. In a shallow clone, it is the oldest commit. Without git, there
 * is nothing to check.
 */
export function checkCommitMessages(root) {
  const git = (...args) => {
    const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
    return status === 0 ? stdout.trim() : undefined;
  };
  const added = ["log", "--diff-filter=A", "--format=%H", "--", "tools/commitMessages.mjs"];
  const base =
    process.env.COMMIT_BASE ||
    git(...added)
      ?.split("\n")
      .at(-1);
  if (!base) {
    return undefined;
  }
  const log = git("log", "--no-merges", "--format=%h %s", `${base}..HEAD`);
  if (log === undefined) {
    return `the base of the commits to check, ${base}, is not in this clone`;
  }
  const packages = readdirSync(join(root, "packages"));
  const faults = log
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => {
      const at = line.indexOf(" ");
      const subject = line.slice(at + 1);
      const fault = subjectFault(subject, packages);
      return fault === undefined ? [] : [`${line.slice(0, at)} "${subject}" ${fault}`];
    });
  return faults.length === 0 ? undefined : faults.join("\n");
}
