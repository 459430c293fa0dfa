import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AgentPath } from "./agentPath.js";

/** The clock, which runs on while timers are late. */
let now = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The number of envelopes that arrived at the router at each time. */
function arrivalsOf(addTo: (add: () => void) => void): [time: number, count: number][] {
  const arrivals = new Map<number, number>();
  const path = new AgentPath<{ encoded: { bytes: Uint8Array } }>(
    (_, time) => arrivals.set(time, (arrivals.get(time) ?? 0) + 1),
    () => {},
  );
  addTo(() => path.add({ encoded: { bytes: new Uint8Array(10) } }));
  path.close();
  return [...arrivals];
}

const expected = [
  [9, 101],
  [109, 100],
  [318, 49],
];

/** Advances the clock and the timers. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed++) {
    now += 1;
    vi.advanceTimersByTime(1);
  }
}

test("250 envelopes at once arrive in batches", () => {
  const arrivals = arrivalsOf((add) => {
    for (let i = 0; i < 250; i++) {
      add();
    }
    pass(400);
  });
  expect(arrivals).toEqual(expected);
});

test("they arrive in the same batches if the machine is slow and timers are late", () => {
  const arrivals = arrivalsOf((add) => {
    for (let i = 0; i < 250; i++) {
      now += 0.5;
      add();
    }
    vi.advanceTimersByTime(9);
    // The forwarder's timer fires when the agent's timer is also due.
    now += 200;
    vi.advanceTimersByTime(91);
    pass(400);
  });
  expect(arrivals).toEqual(expected);
});
