// Checks the documents: that links are valid, that the files they name exist, and that their
// TypeScript compiles. CONTRIBUTING.md describes how to write code that is not a complete program.
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
 * Returns the TypeScript blocks of a document, and the JavaScript blocks that are neither run nor
 * marked `not compiled: REASON`, each as a program. A block without imports continues the last block
 * with imports, and those in between. A comment `<!-- given: … -->` directly above a
 * block contains further declarations, which become the first line of the program.
 *
 * @returns for each block, the program, and the line at which the block's code begins in the program
 * and in the document, from 1
 */
export function programs(text) {
  const blocks = text.matchAll(
    /^(?:<!-- given: ((?:(?!-->).)*?) -->\n)?((?:<!-- (?:run|file|compiled only|not compiled)(?:: .*?)? -->\n)*)```(ts|js)\n(.*?)^```$/gms,
  );
  let above = [];
  return [...blocks].flatMap(
    ({ index, 0: block, 1: given = "", 2: markers, 3: language, 4: code }) => {
      if (language === "js" && /^<!-- (run|file|not compiled)/m.test(markers)) {
        return [];
      }
      if (/^import /m.test(code)) {
        above = [];
      }
      const head = `${given.replaceAll("\n", " ")}\n${above.map((each) => `${each}{\n`).join("")}`;
      const program = `${head}${code}${"}".repeat(above.length)}\nexport {};\n`;
      above.push(code);
      const line = lineCount(text.slice(0, index + block.indexOf("```"))) + 1;
      return [{ program, programLine: lineCount(head), line }];
    },
  );
}

/**
 * Returns the code blocks of a document with their markers, the comments directly above them:
 *
 * - `run`: the block is run, and exits with 0. `run: prints TEXT`: it also prints this text.
 *   `run: until TEXT`: it prints this text, and is then interrupted. `run: background, until TEXT`:
 *   it is interrupted at the end of the document.
 * - `file: NAME`: the block is written to this file, for the blocks below.
 * - `compiled only: REASON`, `not compiled: REASON`: the block is not run.
 */
export function markedBlocks(text) {
  const blocks = text.matchAll(/^((?:<!-- .*? -->\n)*)```(\w*)\n(.*?)^```$/gms);
  return [...blocks].map(({ index, 0: block, 1: comments, 2: language, 3: code }) => {
    const markers = [...comments.matchAll(/<!-- (.*?) -->/gs)].map(([, marker]) => marker);
    const marker = (name) => {
      const found = markers.find((each) => each === name || each.startsWith(`${name}: `));
      return found?.slice(name.length + 2);
    };
    const run = marker("run");
    const [, background, until, prints] =
      /^(background, )?(?:until (.*)|prints (.*))?$/s.exec(run ?? "") ?? [];
    return {
      language,
      code,
      line: lineCount(text.slice(0, index + block.indexOf("```"))) + 1,
      run: run === undefined ? undefined : { background: background !== undefined, until, prints },
      file: marker("file"),
      compiledOnly: marker("compiled only") ?? marker("not compiled"),
      given: marker("given"),
    };
  });
}

/**
 * Returns the blocks that have no language, and the complete programs that are neither run nor
 * marked with a reason, or undefined. Blocks that continue another, or use names of the reader's
 * program, are compiled only.
 */
export function checkMarkers(root) {
  const faults = documents(root).flatMap((file) =>
    markedBlocks(readFileSync(file, "utf8")).flatMap((block) =>
      markerFaults(block).map((fault) => `${relative(root, file)}:${block.line}: ${fault}`),
    ),
  );
  return faults.length === 0 ? undefined : faults.join("\n");
}

/** Returns the faults of a block's language and markers. */
export function markerFaults({ language, code, run, file, compiledOnly, given }) {
  if (language === "") {
    return ["give the block a language: sh, console, text, error, …"];
  }
  if (!["ts", "js"].includes(language) || !/^import /m.test(code)) {
    return [];
  }
  const isMarked = [run, file, compiledOnly, given].some((each) => each !== undefined);
  return isMarked ? [] : ["run it, or say why it is only compiled"];
}

/** Returns the quoted error texts that no source file contains, or undefined. */
export function checkErrorTexts(root) {
  const sources = trackedFiles(root, "packages/*/src/*.ts")
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => withoutComments(readFileSync(file, "utf8")).replaceAll("\\`", "`"));
  const known = [...sources, readFileSync(join(root, "docs/protocol.md"), "utf8")].join("\n");
  const isKnown = (part) =>
    known.includes(part) || composedParts(part).every((each) => known.includes(each));
  const faults = documents(root).flatMap((file) =>
    errorTexts(readFileSync(file, "utf8")).flatMap(({ text, line }) =>
      errorParts(text)
        .filter((part) => !isKnown(part))
        .map((part) => `${relative(root, file)}:${line}: no error has ${part}`),
    ),
  );
  return faults.length === 0 ? undefined : faults.join("\n");
}

/** Removes block comments, and lines that are comments. Both could quote an error. */
function withoutComments(source) {
  return source.replace(/^\s*\/\*.*?\*\/|^\s*\/\/.*?$/gms, "");
}

/**
 * Returns the error texts that a document quotes, with their lines from 1: the lines of `error`
 * blocks, comments of code such as `// TypeError: …`, and inline code that begins with the name of an
 * error.
 */
export function errorTexts(document) {
  let language;
  return document.split("\n").flatMap((text, index) => {
    const [, fence] = /^```(\w*)$/.exec(text) ?? [];
    if (fence !== undefined) {
      language = language === undefined ? fence : undefined;
      return [];
    }
    return quotedErrors(text, language).map((each) => ({ text: each, line: index + 1 }));
  });
}

function quotedErrors(text, language) {
  if (language === "error") {
    return [text];
  }
  const pattern = language === undefined ? /`\w*Error: ([^`]+)`/g : /\/\/ \w*Error: (.+)$/g;
  return [...text.matchAll(pattern)].map(([, error]) => error);
}

/** Returns the constant parts of an error text, where … stands for what differs. */
export function errorParts(text) {
  return trimmedParts(text.split("…"));
}

/**
 * Returns the parts of a text that an error composes: the name of an option and its bounds, the
 * message of a cause. Values, in quotes or after `got`, are omitted.
 */
export function composedParts(text) {
  const constant = text.replace(/, got .*$/, "");
  return trimmedParts(constant.split(/"[^"]*"|: |; | must be /));
}

/** Without punctuation at their ends. */
function trimmedParts(parts) {
  return parts
    .map((part) => part.replace(/^[\s:;,."()]+|[\s:;,."()]+$/g, ""))
    .filter((part) => part !== "");
}

function lineCount(text) {
  return text.split("\n").length;
}

/** Returns the Markdown files of the project. */
export function documents(root) {
  return trackedFiles(root, "*.md");
}

/** Returns the files of the repository that match a pattern, as absolute paths. */
export function trackedFiles(root, pattern) {
  const { stdout } = spawnSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", pattern],
    { cwd: root, encoding: "utf8" },
  );
  const files = stdout.split("\n").filter((file) => file !== "");
  return files.map((file) => join(root, file)).filter((file) => existsSync(file));
}

/** Makes all packages and their dependencies importable from a folder. */
export function linkModules(root, folder) {
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
