// Checks the wording of comments and documents: a sentence does not begin with "What", except for
// questions. See "Documents" in CONTRIBUTING.md.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { documents, trackedFiles } from "../documents.mjs";

const code = ["*.ts", "*.mts", "*.mjs", "*.js", "*.go", "*.proto", "*.css"];
const scripts = ["*.yml", "*.yaml", "*.sh", ".ci/run", "*CODEOWNERS"];

const sentence = "(?:.*[.:!] )?What [^?]*$";
const comments = {
  code: new RegExp(String.raw`^(?:.*\s)?(?:\/\/|\/\*\*?|\*) ${sentence}`),
  scripts: new RegExp(String.raw`^(?:.*\s)?# ${sentence}`),
  documents: new RegExp(String.raw`^(?:[-*>] |\d+\. )?${sentence}`),
};

/** Returns the sentences that begin with "What" in comments and documents, or undefined. */
export function checkWording(root) {
  const files = {
    code: code.flatMap((pattern) => trackedFiles(root, pattern)),
    scripts: scripts.flatMap((pattern) => trackedFiles(root, pattern)),
    documents: documents(root),
  };
  const faults = Object.entries(files).flatMap(([kind, names]) =>
    names.flatMap((file) =>
      wordingFaults(readFileSync(file, "utf8"), kind).map(
        (line) => `${relative(root, file)}:${line}: a sentence begins with "What"`,
      ),
    ),
  );
  return faults.length === 0 ? undefined : faults.join("\n");
}

/**
 * Returns the numbers of the lines in which a sentence begins with "What", from 1.
 *
 * @param kind `code`, `scripts` or `documents`: how comments are written
 */
export function wordingFaults(text, kind) {
  const prose = kind === "documents" ? text.replace(/^```.*?^```$/gms, blankLines) : text;
  return prose.split("\n").flatMap((line, index) => (comments[kind].test(line) ? [index + 1] : []));
}

function blankLines(block) {
  return block.replace(/[^\n]/g, "");
}
