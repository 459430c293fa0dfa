import { cp } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { newProject, npm } from "./publishedPackages.js";
import { run } from "./run.js";

// Versions of dependencies other than those that the packages are developed with.

const peers = [
  "@opentelemetry/api@1",
  ...["resources", "sdk-logs", "sdk-metrics", "sdk-trace"].map(
    (name) => `@opentelemetry/${name}@3`,
  ),
  "pino@9",
  // The packages accept no older version: they get copies of their own.
  "@grpc/grpc-js@1.10.0",
];

let folder: string;

beforeAll(async () => {
  folder = await newProject({ type: "module" });
  const packages = ["egress", "emulator", "ingress", "otel", "pino"].map(
    (name) => `@loggregator/${name}`,
  );
  await npm(["install", ...packages, ...peers], folder);
  await cp(join(import.meta.dirname, "programs"), folder, { recursive: true });
});

test.concurrent("@loggregator/otel/sdk exports the data of OpenTelemetry's SDK 3", async () => {
  // It needs Node.js 22.15.
  const command = ["--yes", "--package=node@24", "--", "node", "openTelemetry.mjs"];
  const output = await run("npx", command, { cwd: folder });
  const { version, received } = JSON.parse(output) as { version: string; received: unknown };
  expect(version).toMatch(/^v24\./);
  expect(received).toEqual([
    ["shop", "timer", "GET /"],
    ["shop", "log", "failed", 1],
    ["shop", "counter", "requests", 3],
    ["shop", "gauge", "load", { unit: "1", value: 0.5 }],
  ]);
});

test.concurrent("clients and emulator work beside another version of grpc-js", async () => {
  const output = await run(process.execPath, ["besideGrpc.mjs"], { cwd: folder });
  expect(JSON.parse(output)).toEqual({
    version: "1.10.0",
    received: "hello",
    refusal: expect.stringContaining("INVALID_ARGUMENT: Selectors cannot be empty"),
  });
});

test.concurrent("@loggregator/pino works with pino 9", async () => {
  const output = await run(process.execPath, ["pinoMain.mjs"], { cwd: folder });
  expect(JSON.parse(output)).toEqual({
    version: expect.stringMatching(/^9\./),
    code: 0,
    inOrder: true,
    last: [[40, "from a destination"]],
  });
});
