import { isCounter, isGauge, isLog, isTimer, logText } from "@loggregator/api";
import { expect, onTestFinished, test, vi } from "vitest";
import { startEmulator } from "../startEmulator.js";
import { scenarioEnvelopes } from "./scenarioEnvelopes.js";

const startTime = 1_700_000_000_000_000_000n;

function take(count: number, options = {}) {
  const envelopes = scenarioEnvelopes({ startTime, ...options });
  return Array.from({ length: count }, () => envelopes.next().value);
}

const many = take(12_000, { rate: 100 });

test("the same seed gives the same envelopes, another one gives others", () => {
  expect(take(500)).toEqual(take(500));
  expect(take(100, { seed: 2 })).not.toEqual(take(100));
});

test("has logs, stack traces, access logs, timers, container metrics and counters", () => {
  const envelopes = many;
  const logs = envelopes.filter(isLog);
  const texts = logs.map(logText);
  for (const part of [
    '"level":30',
    '"log.level":"INFO"',
    " INFO [checkout,",
    "\tat com.example.shop",
    "Traceback (most recent call last):",
    "level=info msg=",
    "\x1b[32m200\x1b[0m",
    'vcap_request_id:"',
    "Exit status 137",
  ]) {
    expect(texts.some((text) => text?.includes(part))).toBe(true);
  }
  expect(new Set(logs.map(({ tags }) => tags["source_type"]))).toEqual(
    new Set(["APP/PROC/WEB", "RTR", "CELL", "API"]),
  );
  const timer = envelopes.find(isTimer);
  expect(timer?.tags).toMatchObject({
    app_name: expect.any(String),
    space_name: expect.any(String),
    method: expect.any(String),
    uri: expect.stringMatching(/^https:\/\/\S+\.apps\.example\.com\//),
    status_code: expect.stringMatching(/^[2345]\d\d$/),
    peer_type: "Server",
    trace_id: expect.stringMatching(/^[\da-f]{32}$/),
  });
  expect(timer?.message.value.stop).toBe(timer?.timestamp);
  const container = envelopes
    .filter(isGauge)
    .find(({ message }) => "memory_quota" in message.value.metrics);
  expect(container?.message.value.metrics).toMatchObject({
    cpu: { unit: "percentage" },
    memory: { unit: "bytes" },
    disk_quota: { unit: "bytes" },
  });
  const { memory, memory_quota } = container?.message.value.metrics ?? {};
  expect(memory?.value).toBeLessThan(memory_quota?.value ?? 0);
  expect(envelopes.filter(isCounter).map(({ message }) => message.value.name)).toContain(
    "total_requests",
  );
});

test("keeps the lines of a stack trace together, and the rate", () => {
  const texts = many.map((envelope) => (isLog(envelope) ? logText(envelope) : ""));
  const trace = texts.findIndex((text) => text.startsWith("com.example.shop.PaymentDeclined"));
  expect(texts[trace + 1]).toMatch(/^\tat com/);
  const seconds = Number((many.at(-1)?.timestamp ?? 0n) - startTime) / 1e9;
  expect(many.length / seconds).toBeCloseTo(100, 0);
});

test("runs in an emulator, and ends with it", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const emulator = await startEmulator({ scenario: { rate: 2000, apps: 3 } });
  vi.advanceTimersByTime(100);
  const { received } = emulator.stats;
  expect(received).toBeGreaterThan(100);
  await emulator.close();
  vi.advanceTimersByTime(100);
  expect(emulator.stats.received).toBe(received);
});

test.each([
  [{ rate: 0 }, "rate must be a number of envelopes per second from 0.001 to 1000000, got 0"],
  [{ rate: "9" }, 'rate must be a number of envelopes per second from 0.001 to 1000000, got "9"'],
  [{ seed: 1.5 }, "seed must be an integer from 0 to 4294967295, got 1.5"],
  [{ apps: 0 }, "apps must be a positive integer, got 0"],
  [{ apps: 1001 }, "apps must be an integer up to 1000, got 1001"],
  [{ startTime: 5 }, "startTime must be a bigint"],
  [{ app: 1 }, 'unknown option "app"; did you mean "apps"?'],
])("refuses %j", async (options, message) => {
  expect(() => scenarioEnvelopes(options as never)).toThrow(message);
  const path = message.startsWith("unknown") ? "scenario.app" : `scenario.${message}`;
  await expect(startEmulator({ scenario: options as never })).rejects.toThrow(path);
});
