import { expect, test } from "vitest";
import { wordingFaults } from "./wording.mjs";

test("reports comments that begin with What", () => {
  const code = [
    `${"/**"} What the list shows. */`,
    `call(); ${"//"} What follows.`,
    ` ${"*"} The list. What it shows.`,
    "// What does it show?",
    "// That is what it shows.",
    'const text = "What is it";',
  ];
  expect(wordingFaults(code.join("\n"), "code")).toEqual([1, 2, 3]);
  expect(wordingFaults("# What CI runs.\nrun # What else?\n", "scripts")).toEqual([1]);
});

test("reports sentences of documents, but not code and questions", () => {
  const lines = [
    "What is lost is counted.",
    "- Close it. What is queued is lost.",
    "## What is it?",
  ];
  expect(wordingFaults([...lines, "```", "What is this", "```"].join("\n"), "documents")).toEqual([
    1, 2,
  ]);
});
