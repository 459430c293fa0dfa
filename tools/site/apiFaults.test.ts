import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application, type ProjectReflection } from "typedoc";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultFaults, ThrowsFinder } from "./apiFaults.mjs";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "api-faults-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Returns the causes of the functions of a file that throw, by their names. */
function causes(code: string): Record<string, string> {
  const file = join(folder, "throws.ts");
  writeFileSync(file, code);
  const program = ts.createProgram([file], { noLib: true, types: [] });
  const finder = new ThrowsFinder();
  const found: Record<string, string> = {};
  for (const statement of program.getSourceFile(file)?.statements ?? []) {
    if (ts.isFunctionDeclaration(statement)) {
      const cause = finder.cause(program.getTypeChecker(), statement);
      if (cause !== undefined) {
        found[statement.name?.text ?? ""] = cause;
      }
    }
  }
  return found;
}

test("a function throws if it has a throw statement, or calls one that throws", () => {
  expect(
    causes(`
      function direct() { if (1) throw 1; }
      function caller() { return direct(); }
      /** @throws Error always. */
      declare function documented(): void;
      function second() { documented(); }
      function rethrows() { try {} catch (error) { throw error; } }
      function finallyThrows() { try { return; } finally { direct(); } }
      function itself(n) { return itself(n - 1) + direct(); }
    `),
  ).toEqual({
    direct: "has a throw statement",
    caller: "calls direct, which has a throw statement",
    second: "calls documented",
    rethrows: "has a throw statement",
    finallyThrows: "calls direct, which has a throw statement",
    itself: "calls direct, which has a throw statement",
  });
});

test("caught errors, callbacks and promises that are not awaited do not count", () => {
  expect(
    causes(`
      interface Promise<T> { then(done: unknown, failed?: unknown): Promise<T>; }
      /** @throws Error always. */
      declare function rejects(): Promise<void>;
      declare function later(callback: () => void): void;
      function caught() { try { throw 1; } catch {} }
      function callback() { later(() => { throw 1; }); }
      function handled() { rejects().then(later, later); }
      function passed() { return rejects(); }
    `),
  ).toEqual({ passed: "calls rejects" });
});

test("each optional property of options has a @default", async () => {
  const file = join(folder, "options.ts");
  writeFileSync(
    file,
    `
      export interface ReadOptions {
        /** @default 100 */
        limit?: number;
        /** None. */
        signal?: object;
        required: string;
      }
      export type CallOptions = ReadOptions & { tags?: object };
      export interface Result { text?: string }
      export interface FailureErrorOptions { code?: number }
    `,
  );
  const tsconfig = join(folder, "tsconfig.json");
  writeFileSync(tsconfig, '{ "compilerOptions": { "types": [] }, "files": ["options.ts"] }');
  const app = await Application.bootstrap({ entryPoints: [file], tsconfig });
  const project = (await app.convert()) as ProjectReflection;
  expect(defaultFaults(project)).toEqual([
    "ReadOptions.signal has no @default",
    "CallOptions.__type.tags has no @default",
  ]);
});
