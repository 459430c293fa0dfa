import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./publicPackages.js";
import { newProject, npm } from "./publishedPackages.js";

// The recipes of the section "Jest" in docs/modules.md, taken from the document.

const modules = await readFile(join(root, "docs/modules.md"), "utf8");
const [, recipes = ""] = modules.split("\n## Jest\n");
const blocks = (language: string) =>
  [...recipes.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text as string);

test.each([
  { type: "module", recipe: 0 },
  { type: "commonjs", recipe: 1 },
])("Jest runs the recipe for a $type project", async ({ type, recipe }) => {
  const [manifest = ""] = blocks("json");
  const source = blocks("js")[recipe];
  expect(source).toContain("startEmulator");
  const folder = await newProject({ type, ...JSON.parse(manifest) });
  await writeFile(join(folder, "app.test.js"), source as string);
  await npm(["install", "jest@30", "@loggregator/emulator", "@loggregator/ingress"], folder);
  await npm(["test"], folder);
});
