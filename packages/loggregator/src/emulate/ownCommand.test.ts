import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownCommand } from "./ownCommand.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "own-command-"));
  writeFileSync(join(folder, "loggregator"), "#!/bin/sh\n", { mode: 0o755 });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const argv = ["/usr/bin/node", "/work/dist/bin.js"];

test.for([
  ["npm/11.19.1 node/v20.20.2 linux x64 workspaces/false", "npx loggregator"],
  ["pnpm/12.21.0 npm/? node/? linux x64", "pnpm exec loggregator"],
  ["yarn/4.10.3 npm/? node/v20.20.2 linux x64", "yarn loggregator"],
  ["bun/1.3.1 npm/? node/v24.3.0 linux x64", "bunx loggregator"],
] as const)("started by %s, the command is %s", ([agent, command]) => {
  // They add the folder to the PATH for this process only.
  const env = { npm_config_user_agent: agent, PATH: folder };
  expect(ownCommand({ env, argv })).toBe(command);
});

test("on the PATH, the command is its name", () => {
  const env = { PATH: ["/nowhere", folder].join(delimiter) };
  expect(ownCommand({ env, argv })).toBe("loggregator");
});

test("otherwise, the command is the path of its file", () => {
  expect(ownCommand({ env: { PATH: "/nowhere" }, argv })).toBe("node /work/dist/bin.js");
  const spaced = ["node", "/my work/bin.js"];
  expect(ownCommand({ env: {}, argv: spaced })).toBe("node '/my work/bin.js'");
});
