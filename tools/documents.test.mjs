import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  composedParts,
  errorParts,
  errorTexts,
  inDocument,
  markedBlocks,
  markerFaults,
  programs,
  referenceFaults,
} from "./documents.mjs";

test("a block with imports is a program of its own", () => {
  const text = 'text\n```ts\nimport a from "a";\na();\n```\n```ts\nimport b from "b";\n```\n';
  const [first, second] = programs(text);
  expect(first?.program).toBe('\nimport a from "a";\na();\n\nexport {};\n');
  expect(first).toMatchObject({ programLine: 2, line: 3 });
  expect(second?.program).not.toContain("a();");
});

test("a block without imports continues those above it", () => {
  const [, second] = programs('```ts\nimport a from "a";\nconst b = a();\n```\n```ts\nb();\n```\n');
  expect(second?.program).toBe('\nimport a from "a";\nconst b = a();\n{\nb();\n}\nexport {};\n');
  expect(second).toMatchObject({ programLine: 5, line: 6 });
});

test("a comment above a block declares names", () => {
  const [only] = programs("<!-- given: declare const url: string; -->\n```ts\nopen(url);\n```\n");
  expect(only?.program).toBe("declare const url: string;\nopen(url);\n\nexport {};\n");
  expect(only).toMatchObject({ programLine: 2, line: 3 });
});

test("errors are reported at their line of the document, once", () => {
  const source = { file: "a.md", programLine: 5, line: 30 };
  const at = (line) => inDocument(`0.ts(${line},7): error TS1: wrong`, [source]);
  expect(at(5)).toEqual(["a.md:30: error TS1: wrong"]);
  expect(at(7)).toEqual(["a.md:32: error TS1: wrong"]);
  expect(at(1)).toEqual(["a.md:28: error TS1: wrong"]);
  expect(at(3)).toEqual([]);
  expect(inDocument("Found 1 error.", [source])).toEqual(["Found 1 error."]);
});

test("JavaScript is compiled unless it is run or marked", () => {
  const block = "```js\na();\n```\n";
  expect(programs(block)).toEqual([{ program: "\na();\n\nexport {};\n", programLine: 2, line: 2 }]);
  for (const marker of ["run", "file: a.mjs", "not compiled: it shows mistakes"]) {
    expect(programs(`<!-- ${marker} -->\n${block}`)).toEqual([]);
  }
});

test("names that are given to a Go block do not apply to a later block", () => {
  const go = "<!-- given: var a int -->\n```go\nuse(a)\n```\n";
  expect(programs(`${go}\`\`\`ts\nb();\n\`\`\`\n`)).toMatchObject([
    { program: "\nb();\n\nexport {};\n" },
  ]);
});

test("blocks of other languages are not compiled", () => {
  expect(programs("```go\nimport a\n```\n```\nls\n```\n")).toEqual([]);
});

test("reports links and files that do not exist", () => {
  const folder = mkdtempSync(join(tmpdir(), "documents-"));
  try {
    writeFileSync(join(folder, "other.md"), "# Other\n\n## What `it` does, exactly\n");
    const faults = (text) =>
      referenceFaults(text, folder, folder, () => "# Other\n\n## What `it` does, exactly\n");
    const good =
      "[a](other.md) [b](other.md#what-it-does-exactly) [c](https://x.example/y) `other.md`";
    expect(faults(good)).toEqual([]);
    expect(faults("# Here\n[a](#here)")).toEqual([]);
    expect(faults("[a](#there)")).toEqual(["no heading at the link #there"]);
    expect(faults("[a](none.md)")).toEqual(["no file at the link none.md"]);
    expect(faults("[a](other.md#none)")).toEqual(["no heading at the link other.md#none"]);
    expect(faults("`src/none.ts`")).toEqual(["no file src/none.ts"]);
    expect(faults("```\n[a](none.md) `src/none.ts`\n```\n")).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("comments above a block mark it", () => {
  const [first, second, third] = markedBlocks(
    [
      "<!-- given: declare const a: string; -->\n<!-- run: background, until hello, you -->",
      "```ts\na();\n```\n<!-- file: b.mjs -->\n<!-- run -->\n```js\nb();\n```\n```\nc\n```\n",
    ].join("\n"),
  );
  expect(first).toMatchObject({
    language: "ts",
    code: "a();\n",
    line: 4,
    given: "declare const a: string;",
    run: { background: true, until: "hello, you", prints: undefined },
  });
  expect(second).toMatchObject({
    file: "b.mjs",
    run: { background: false, until: undefined, prints: undefined },
  });
  expect(third).toMatchObject({ language: "", run: undefined, file: undefined });
});

test("a complete program must be run, or marked with a reason", () => {
  const faults = (text) => markedBlocks(text).flatMap(markerFaults);
  const program = '```js\nimport "a";\n```\n';
  expect(faults(program)).toEqual(["run it, or say why it is only compiled"]);
  for (const marker of ["run", "file: a.mjs", "compiled only: it waits", "not compiled: no"]) {
    expect(faults(`<!-- ${marker} -->\n${program}`)).toEqual([]);
  }
  expect(faults("```ts\na();\n```\n")).toEqual([]);
});

test("every block has a language", () => {
  expect(markedBlocks("```\nls\n```\n").flatMap(markerFaults)).toHaveLength(1);
  expect(markedBlocks("```sh\nls\n```\n").flatMap(markerFaults)).toEqual([]);
});

test("error texts are quoted in blocks, comments and inline code", () => {
  const lines = [
    "`TypeError: a is b`, `a: b`",
    "```error",
    "c … d",
    "```",
    "```js",
    "e(); // RangeError: f",
  ];
  expect(errorTexts(lines.join("\n"))).toEqual([
    { text: "a is b", line: 1 },
    { text: "c … d", line: 3 },
    { text: "f", line: 6 },
  ]);
});

test("the parts of a composed error do not contain values", () => {
  expect(composedParts('cannot write: delta must be an integer, got "-1"')).toEqual([
    "cannot write",
    "delta",
    "an integer",
  ]);
  expect(composedParts('unknown option "a"; did you mean "b"?')).toEqual([
    "unknown option",
    "did you mean",
    "?",
  ]);
});

test("the constant parts of an error text have no punctuation at their ends", () => {
  expect(errorParts("cannot connect to …: refused; is it up? (…)")).toEqual([
    "cannot connect to",
    "refused; is it up?",
  ]);
  expect(errorParts("")).toEqual([]);
});
