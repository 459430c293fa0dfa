import { expect, test } from "vitest";
import { syntaxFaults } from "./documentSyntax.mjs";

const linesOf = (language, code) => syntaxFaults(language, code).map(({ line }) => line);

test("YAML, also an excerpt that is indented, or several documents", () => {
  expect(linesOf("yaml", "a: 1\nb: [x, y]\n")).toEqual([]);
  expect(linesOf("yaml", "      - run: |\n          npm test\n")).toEqual([]);
  expect(linesOf("yaml", "a: 1\n---\nb: 2\n")).toEqual([]);
  expect(linesOf("yaml", "a: 1\nb: [x\nc: 2\n").length).toBeGreaterThan(0);
  expect(linesOf("yaml", "a: 1\nb: 2\na: 3\n")).toEqual([3]);
});

test("shell commands", () => {
  expect(linesOf("sh", "set -a; . ./x.env; set +a\nfor i in 1 2; do echo $i; done\n")).toEqual([]);
  expect(linesOf("sh", "echo ok\nif true; then echo\n").length).toBeGreaterThan(0);
  expect(syntaxFaults("sh", "echo ok\necho )\n")).toMatchObject([
    { line: 2, message: expect.stringContaining("syntax error near unexpected token") },
    { line: 2 },
  ]);
});

test("JSON", () => {
  expect(linesOf("json", '{ "a": [1] }\n')).toEqual([]);
  expect(linesOf("json", '{ "a": [1, ] }\n')).toEqual([1]);
});

test("the tags of ERB", () => {
  expect(linesOf("erb", '<%= p("tls.cert") %>\n<%\n  a = 1\n-%>\n')).toEqual([]);
  expect(linesOf("erb", "<%= a\n<%= b %>\n")).toEqual([2]);
  expect(linesOf("erb", "a %>\n")).toEqual([1]);
  expect(linesOf("erb", "text\n<%= a\n")).toEqual([2]);
});

test("other languages are not checked", () => {
  expect(linesOf("go", "{")).toEqual([]);
  expect(linesOf("", "{")).toEqual([]);
});
