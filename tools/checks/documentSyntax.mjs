// Checks the syntax of the blocks of documents that are neither compiled nor necessarily run: YAML,
// JSON, shell commands, and the tags of ERB templates. The Ruby in those is not checked.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { parseAllDocuments } from "yaml";
import { documents, markedBlocks } from "../documents.mjs";

/** Returns the syntax errors of all documents, or undefined. */
export function checkSyntax(root) {
  const faults = documents(root).flatMap((file) =>
    markedBlocks(readFileSync(file, "utf8")).flatMap(({ language, code, line }) =>
      syntaxFaults(language, code).map(
        (fault) => `${relative(root, file)}:${line + fault.line - 1}: ${fault.message}`,
      ),
    ),
  );
  return faults.length === 0 ? undefined : faults.join("\n");
}

/** Returns the errors of a block, with their lines from 1. Other languages have none. */
export function syntaxFaults(language, code) {
  return syntaxes[language]?.(code) ?? [];
}

const syntaxes = {
  yaml: (code) =>
    parseAllDocuments(code, { prettyErrors: false }).flatMap(({ errors }) =>
      errors.map(({ pos, message }) => ({ line: lineAt(code, pos[0]), message })),
    ),

  json(code) {
    try {
      JSON.parse(code);
      return [];
    } catch ({ message }) {
      return [{ line: 1, message }];
    }
  },

  sh(code) {
    const { error, stderr } = spawnSync("bash", ["-n"], { input: code, encoding: "utf8" });
    if (error !== undefined) {
      throw error;
    }
    const lines = stderr.split("\n").filter((line) => line !== "");
    return lines.map((line) => {
      const [, at = "1", message = line] = /line (\d+): (.*)/.exec(line) ?? [];
      return { line: Number(at), message };
    });
  },

  erb(code) {
    const faults = [];
    let open;
    for (const { 0: tag, index } of code.matchAll(/<%|%>/g)) {
      const isOpening = tag === "<%";
      if (isOpening === (open !== undefined)) {
        faults.push({
          line: lineAt(code, index),
          message: isOpening ? "<% inside a tag" : "%> without <%",
        });
      }
      open = isOpening ? index : undefined;
    }
    if (open !== undefined) {
      faults.push({ line: lineAt(code, open), message: "<% without %>" });
    }
    return faults;
  },
};

function lineAt(code, index) {
  return code.slice(0, index).split("\n").length;
}
