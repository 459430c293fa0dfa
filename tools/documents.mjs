// Checks the documents: that links lead somewhere, that the files they name exist, and that their
// TypeScript compiles. CONTRIBUTING.md says how to write code that is not a complete program.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

/** Returns the broken links of all documents and the files that do not exist, or undefined. */
export function checkReferences(root) {
  const read = (file) => readFileSync(file, "utf8");
  const faults = documents(root).flatMap((file) =>
    referenceFaults(read(file), dirname(file), root, read).map(
      (fault) => `${relative(root, file)}: ${fault}`,
    ),
  );
  return faults.length === 0 ? undefined : faults.join("\n");
}

/** Returns the faults of one document's references. */
export function referenceFaults(text, folder, root, read) {
  const prose = text.replace(/^```.*?^```$/gms, "");
  const faults = [];
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) {
      continue;
    }
    const [path, anchor] = target.split("#");
    const file = path === "" ? undefined : join(folder, path);
    if (file !== undefined && !existsSync(file)) {
      faults.push(`no file at the link ${target}`);
    } else if (anchor !== undefined && !anchors(file ? read(file) : text).has(anchor)) {
      faults.push(`no heading at the link ${target}`);
    }
  }
  for (const [, path] of prose.matchAll(/`((?:[\w@-][\w@.-]*\/)+[\w.-]+\.[a-z]+)`/g)) {
    if (!/\.(ts|mjs|js|go|md|json|yaml|proto|sh)$/.test(path) || path.includes("dist/")) {
      continue;
    }
    const places = [folder, root, join(root, "packages")];
    if (!places.some((place) => existsSync(join(place, path)))) {
      faults.push(`no file ${path}`);
    }
  }
  return faults;
}

/** Returns the anchors that GitHub generates for a document's headings. */
function anchors(text) {
  const headings = text.replace(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading
        .replace(/\]\([^)]*\)/g, "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Compiles the TypeScript of all documents. Returns the errors, or undefined. */
export function checkCode(root) {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "loggregator-documents-"));
  try {
    linkModules(root, folder);
    const sources = documents(root).flatMap((file) =>
      programs(readFileSync(file, "utf8")).map((each) => ({ file: relative(root, file), ...each })),
    );
    for (const [index, { program }] of sources.entries()) {
      writeFileSync(join(folder, `${index}.ts`), program);
    }
    const compilerOptions = {
      target: "es2022",
      lib: ["es2023", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"],
      module: "nodenext",
      types: ["node"],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
    };
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const args = [tsc, "-p", folder, "--pretty", "false"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: "utf8",
    });
    if (status === 0) {
      return undefined;
    }
    const errors = stdout.trimEnd().split("\n");
    const own = errors.flatMap((line) => inDocument(line, sources));
    if (own.length === 0) {
      return undefined;
    }
    return `${own.join("\n")}\n${stderr}To declare names, see "Documents" in CONTRIBUTING.md.`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A line of the compiler's output, with its place in the document. Errors in the blocks above are
 * omitted: they are reported for those, or are caused by names that only those declare.
 */
export function inDocument(output, sources) {
  const [, index, at, message] = /^(\d+)\.ts\((\d+),\d+\): (.*)$/.exec(output) ?? [];
  if (index === undefined) {
    return [output];
  }
  const { file, programLine, line } = sources[index];
  const offset = Number(at) - programLine;
  if (offset >= 0) {
    return [`${file}:${line + offset}: ${message}`];
  }
  // The first line is the comment above the block.
  return at === "1" ? [`${file}:${line - 2}: ${message}`] : [];
}

/**
 * Returns the TypeScript blocks of a document, each as a program. A block without imports continues
 * the last block with imports, and those in between. A comment `<!-- given: … -->` directly above a
 * block contains further declarations, which become the first line of the program.
 *
 * @returns for each block, the program, and the line at which the block's code begins in the program
 * and in the document, from 1
 */
export function programs(text) {
  const blocks = text.matchAll(/^(?:<!-- given: (.*?) -->\n)?```ts\n(.*?)^```$/gms);
  let above = [];
  return [...blocks].map(({ index, 0: block, 1: given = "", 2: code }) => {
    if (/^import /m.test(code)) {
      above = [];
    }
    const head = `${given.replaceAll("\n", " ")}\n${above.map((each) => `${each}{\n`).join("")}`;
    const program = `${head}${code}${"}".repeat(above.length)}\nexport {};\n`;
    above.push(code);
    const line = lineCount(text.slice(0, index + block.indexOf("```ts"))) + 1;
    return { program, programLine: lineCount(head), line };
  });
}

function lineCount(text) {
  return text.split("\n").length;
}

/** Returns the Markdown files of the project. */
function documents(root) {
  const { stdout } = spawnSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    { cwd: root, encoding: "utf8" },
  );
  const files = stdout.split("\n").filter((file) => file !== "");
  return files.map((file) => join(root, file)).filter((file) => existsSync(file));
}

/** Makes all packages and their dependencies importable from a folder. */
function linkModules(root, folder) {
  const modules = join(folder, "node_modules");
  const packages = readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, "packages", name));
  const link = (name, target) => {
    const path = join(modules, name);
    if (existsSync(path)) {
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path, "junction");
  };
  for (const directory of packages) {
    link(JSON.parse(readFileSync(join(directory, "package.json"), "utf8")).name, directory);
  }
  for (const directory of [root, ...packages]) {
    const installed = join(directory, "node_modules");
    if (!existsSync(installed)) {
      continue;
    }
    for (const name of readdirSync(installed)) {
      if (name.startsWith(".")) {
        continue;
      }
      const nested = name.startsWith("@") ? readdirSync(join(installed, name)) : [""];
      for (const inner of nested) {
        link(join(name, inner), join(installed, name, inner));
      }
    }
  }
}
