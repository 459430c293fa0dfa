import { eventEnvelope, gaugeEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fromEgress, TailFixture } from "../../testing/tailFixture.js";

let fixture: TailFixture;

beforeEach(async () => {
  fixture = await TailFixture.start();
});

afterEach(() => fixture[Symbol.asyncDispose]());

test("apps by name, text by --grep, for people", async () => {
  const args = ["checkout.*", "--grep", "error", "-i", "--exclude", "health", "--time", "none"];
  await using command = await fixture.startTail(...fromEgress(fixture), ...args, "--count", "2");
  const app = (app_name: string, instanceId: string, text: string) =>
    fixture.emulator.emit(
      logEnvelope(text, {
        sourceId: `guid of ${app_name}`,
        instanceId,
        stream: "stdout",
        tags: { app_name, space_name: "prod" },
      }),
    );
  app("checkout", "0", "all is well");
  app("checkout", "0", "error in /health");
  app("other", "0", "error");
  app("checkout", "1", "payment error");
  // This app appears after the command has started.
  app("checkout-worker", "0", "Error: no route");
  expect(await command.ended()).toMatchObject({
    code: 0,
    stdout: [
      "checkout/1 (prod)  LOG                    payment error",
      "checkout-worker/0 (prod)  LOG                    Error: no route",
      "",
    ].join("\n"),
  });
});

test("requests and units, for people", async () => {
  await using command = await fixture.startTail(
    ...fromEgress(fixture),
    "--time",
    "none",
    "--count",
    "2",
  );
  const metrics = {
    cpu: { value: 34.19, unit: "percentage" },
    memory: { value: 119_537_664, unit: "bytes" },
  };
  fixture.emulator.emit(gaugeEnvelope(metrics, { sourceId: "a" }));
  const tags = { method: "GET", uri: "https://shop.example.com/cart", status_code: "200" };
  fixture.emulator.emit(timerEnvelope("http", 0n, 366_123_456n, { sourceId: "gorouter", tags }));
  const { stdout } = await command.ended();
  expect(stdout.split("\n").sort()).toEqual([
    "",
    "a             GAUGE    cpu           34.2 %, memory 114 MiB",
    "gorouter      TIMER    http          GET /cart 200 366 ms",
  ]);
});

test("jsonl and templates, for programs", async () => {
  const log = () =>
    fixture.emulator.emit(
      logEnvelope("WARN \x1b[31mslow", {
        sourceId: "a",
        tags: { app_name: "shop" },
        timestamp: 1_769_860_800_000_000_001n,
      }),
    );
  const jsonl = await fixture.startTail(
    ...fromEgress(fixture),
    "--output",
    "jsonl",
    "--count",
    "1",
  );
  log();
  expect(JSON.parse((await jsonl.ended()).stdout)).toMatchObject({
    time: "2026-01-31T12:00:00.000000001Z",
    app: "shop",
    level: "warn",
    text: "WARN \x1b[31mslow",
  });
  const template = ["--template", "{iso}|{source:6}|{level}|{text}", "--count", "1"];
  const lines = await fixture.startTail(...fromEgress(fixture), ...template);
  log();
  expect((await lines.ended()).stdout).toBe(
    "2026-01-31T12:00:00.000000001Z|shop  |warn|WARN slow\n",
  );
});

test("--tags shows all tags", async () => {
  await using command = await fixture.startTail(...fromEgress(fixture), "--tags", "--count", "1");
  fixture.emulator.emit(eventEnvelope("deploy", "", { tags: { deployment: "cf", job: "api" } }));
  expect((await command.ended()).stdout).toMatch(/deploy +deployment=cf job=api\n$/);
});
