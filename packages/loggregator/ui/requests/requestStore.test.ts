import { timerEnvelope } from "@loggregator/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencyHistogram } from "./latencyHistogram.js";
import { RequestStore } from "./requestStore.js";

const now = 1_800_000_000_000;

function request(
  status: string,
  { second = 0, ms = 10, sourceId = "app", name = "http", ...tags },
) {
  const timestamp = BigInt(now / 1_000 + second) * 1_000_000_000n;
  return timerEnvelope(name, timestamp - BigInt(ms) * 1_000_000n, timestamp, {
    sourceId,
    timestamp,
    tags: { status_code: status, ...tags },
  });
}

describe("LatencyHistogram", () => {
  test("estimates percentiles within 5 %", () => {
    const latency = fc.double({ min: 0.02, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95, 0.99, 1),
        (latencies, fraction) => {
          const histogram = new LatencyHistogram();
          for (const ms of latencies) {
            histogram.add(ms);
          }
          const sorted = [...latencies].sort((a, b) => a - b);
          const exact = sorted[Math.ceil(sorted.length * fraction) - 1] ?? Number.NaN;
          const estimated = histogram.percentile(fraction) ?? Number.NaN;
          expect(Math.abs(estimated / exact - 1)).toBeLessThan(0.05);
        },
      ),
    );
  });

  test("has no percentiles without latencies", () => {
    expect(new LatencyHistogram().percentile(0.5)).toBeUndefined();
  });
});

describe("RequestStore", () => {
  test("counts requests and errors of all and of each source", () => {
    const store = new RequestStore();
    for (const status of ["200", "404", "502", "503"]) {
      store.add(request(status, {}), now);
    }
    store.add(request("200", { sourceId: "other", ms: 1_000, app_name: "shop" }), now);
    // A request that its server counts, and a timer that is not a request.
    store.add(request("200", { peer_type: "Client" }), now);
    store.add(timerEnvelope("gc", 0n, 1n), now);
    const sum = store.all.sum(0);
    expect(sum).toMatchObject({ requests: 5, clientErrors: 1, serverErrors: 2 });
    expect(sum.latency.percentile(1)).toBeCloseTo(1_000, -2);
    expect([...store.sources.values()].map(({ name }) => name)).toEqual(["app", "shop"]);
    expect(store.sources.get("other")?.sum(0).requests).toBe(1);
  });

  test("keeps 15 minutes, and nothing of a clock that is far ahead", () => {
    const store = new RequestStore();
    for (let second = 0; second < 1_800; second += 1) {
      store.add(request("200", { second }), now + second * 1_000);
    }
    store.add(request("200", { second: 0 }), now);
    store.add(request("200", { second: 100_000 }), now + 1_800_000);
    expect(store.all.slots.size).toBe(180);
    expect(store.all.sum(0).requests).toBe(900);
  });

  test("is bounded in sources", () => {
    const store = new RequestStore();
    for (let index = 0; index < 300; index += 1) {
      store.add(request("200", { sourceId: `app-${index}` }), now);
    }
    expect(store.sources.size).toBe(100);
    expect(store.all.sum(0).requests).toBe(300);
  });
});
