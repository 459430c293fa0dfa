import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { documents, markedBlocks } from "../../tools/documents.mjs";
import { describeInterop } from "./peer.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const peer = fileURLToPath(new URL("peer", import.meta.url));

/** The packages that the blocks use, by the name that precedes the dot. */
const packages: Readonly<Record<string, string>> = {
  context: "context",
  dropsonde: "github.com/cloudfoundry/dropsonde",
  fmt: "fmt",
  http: "net/http",
  log: "log",
  logcache: "code.cloudfoundry.org/go-log-cache/v3",
  logcache_v1: "code.cloudfoundry.org/go-log-cache/v3/rpc/logcache_v1",
  loggregator: "code.cloudfoundry.org/go-loggregator/v10",
  loggregator_v2: "code.cloudfoundry.org/go-loggregator/v10/rpc/loggregator_v2",
  os: "os",
  rfc5424: "code.cloudfoundry.org/go-loggregator/v10/rfc5424",
  runtimeemitter: "code.cloudfoundry.org/go-loggregator/v10/runtimeemitter",
  time: "time",
  v1: "code.cloudfoundry.org/go-loggregator/v10/v1",
};

describeInterop("Go in documents", () => {
  test("is accepted by go vet", async () => {
    const folder = await mkdtemp(join(tmpdir(), "loggregator-go-"));
    try {
      for (const file of ["go.mod", "go.sum"]) {
        await copyFile(join(peer, file), join(folder, file));
      }
      const found = await programs();
      expect(found).not.toEqual([]);
      for (const { name, code } of found) {
        await mkdir(join(folder, name));
        await writeFile(join(folder, name, "main.go"), code);
      }
      const env = { ...process.env, CGO_ENABLED: "0" };
      await promisify(execFile)("go", ["vet", "./..."], { cwd: folder, env });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Each block as the function of a program, with its imports and the declarations that are given. */
async function programs(): Promise<{ name: string; code: string }[]> {
  const found: { name: string; code: string }[] = [];
  for (const file of documents(root)) {
    const blocks = markedBlocks(await readFile(file, "utf8"));
    for (const { language, code, line, given = "" } of blocks) {
      if (language === "go") {
        const name = `${relative(root, file).replaceAll("/", "-")}-${line}`;
        found.push({ name, code: programOf(given, code) });
      }
    }
  }
  return found;
}

function programOf(given: string, code: string): string {
  const used = new Set([...`${given}\n${code}`.matchAll(/\b(\w+)\./g)].map(([, name]) => name));
  const imports = Object.entries(packages)
    .filter(([name]) => used.has(name))
    .map(([name, path]) => `import ${name} "${path}"\n`);
  return `package main\n${imports.join("")}\n${given}\nfunc main() {\n${code}}\n`;
}
