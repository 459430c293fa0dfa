import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };

// This package is compiled without the types of Node.js, so it cannot use its globals. This test
// checks the imports of the built modules.

const { imports } = packageJson;
const packageUrl = new URL("../package.json", import.meta.url);
const importedName = /\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"|\brequire\s*\(\s*"([^"]+)"/g;

test.each([
  ["index.js", "default"],
  ["index.js", "browser"],
  ["v1.js", "default"],
  ["log-cache.js", "default"],
] as const)(
  "%s with the condition %s only imports its own files and the wire codec",
  (entry, condition) => {
    const visited = new Set<string>();
    const packages = new Set<string>();
    const visit = (url: URL): void => {
      if (visited.has(url.href)) {
        return;
      }
      visited.add(url.href);
      for (const match of readFileSync(url, "utf8").matchAll(importedName)) {
        const name = match.slice(1).find((group) => group !== undefined) as string;
        if (name.startsWith("./") || name.startsWith("../")) {
          visit(new URL(name, url));
        } else if (name.startsWith("#")) {
          visit(new URL(imports[name as keyof typeof imports][condition], packageUrl));
        } else {
          packages.add(name);
        }
      }
    };
    const dist = new URL("../dist/", import.meta.url);
    visit(new URL(entry, dist));
    expect([...packages].sort()).toEqual(["@bufbuild/protobuf/wire", "@loggregator/core"]);
    for (const url of visited) {
      expect(url.startsWith(dist.href)).toBe(true);
    }
  },
);
