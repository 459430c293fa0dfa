import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StallTimer } from "../index.js";

/** A clock, and the one timer that a `StallTimer` sets at a time. */
class Clock {
  now = 0;
  timersSet = 0;
  #timer: { dueAt: number; run: () => void; referenced: boolean } | undefined;

  constructor() {
    vi.stubGlobal("performance", { now: () => this.now });
    vi.stubGlobal("setTimeout", (run: () => void, ms: number) => {
      expect(this.#timer).toBe(undefined);
      expect(Number.isInteger(ms)).toBe(true);
      this.timersSet++;
      const timer = {
        dueAt: this.now + ms,
        run,
        referenced: true,
        ref: () => {
          timer.referenced = true;
        },
        unref: () => {
          timer.referenced = false;
        },
      };
      this.#timer = timer;
      return timer;
    });
    vi.stubGlobal("clearTimeout", (timer: unknown) => {
      if (timer === this.#timer) {
        this.#timer = undefined;
      }
    });
  }

  get hasTimer(): boolean {
    return this.#timer !== undefined;
  }

  get keepsProcessRunning(): boolean {
    return this.#timer?.referenced === true;
  }

  /** Time passes, and timers run when they are due. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.#timer !== undefined && this.#timer.dueAt <= until) {
      this.now = this.#timer.dueAt;
      this.#run();
    }
    this.now = until;
  }

  /** The process does not run for a while. Due timers run first afterwards, as in an event loop. */
  block(ms: number): void {
    this.now += ms;
    if (this.#timer !== undefined && this.#timer.dueAt <= this.now) {
      this.#run();
    }
  }

  #run(): void {
    const run = this.#timer?.run;
    this.#timer = undefined;
    run?.();
  }
}

let clock: Clock;
const onStall = vi.fn();

beforeEach(() => {
  clock = new Clock();
  onStall.mockReset();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("calls onStall once, when the timeout has passed since the start", () => {
  const timer = new StallTimer(1_000, onStall);
  timer.start();
  clock.pass(999);
  expect(onStall).not.toHaveBeenCalled();
  clock.pass(3);
  expect(onStall).toHaveBeenCalledTimes(1);
  clock.pass(10_000);
  expect(onStall).toHaveBeenCalledTimes(1);
  expect(clock.hasTimer).toBe(false);
});

test("counts from the last progress", () => {
  const timer = new StallTimer(1_000, onStall);
  timer.start();
  for (let i = 0; i < 20; i++) {
    clock.pass(900);
    timer.progress();
  }
  expect(onStall).not.toHaveBeenCalled();
  clock.pass(1_002);
  expect(onStall).toHaveBeenCalledTimes(1);
});

test("start() does not count as progress while something is awaited", () => {
  const timer = new StallTimer(1_000, onStall);
  timer.start();
  clock.pass(600);
  timer.start();
  clock.pass(402);
  expect(onStall).toHaveBeenCalledTimes(1);
});

test("progress sets only the first timer", () => {
  const timer = new StallTimer(1_000, onStall);
  for (let i = 0; i < 10_000; i++) {
    timer.progress();
  }
  expect(clock.timersSet).toBe(1);
  clock.pass(1_002);
  // One timer for each quarter of the timeout, and one for the last turn.
  expect(clock.timersSet).toBeLessThanOrEqual(6);
});

test("does not stall while it is paused, and restarts afterwards", () => {
  const timer = new StallTimer(1_000, onStall);
  timer.start();
  clock.pass(999);
  timer.pause();
  clock.pass(10_000);
  expect(onStall).not.toHaveBeenCalled();
  expect(clock.hasTimer).toBe(false);
  timer.start();
  clock.pass(999);
  expect(onStall).not.toHaveBeenCalled();
  clock.pass(3);
  expect(onStall).toHaveBeenCalledTimes(1);
});

test("alternating pause and progress set no timers, and only waiting keeps the process running", () => {
  const timer = new StallTimer(1_000, onStall);
  for (let i = 0; i < 1_000; i++) {
    timer.start();
    expect(clock.keepsProcessRunning).toBe(true);
    timer.pause();
    expect(clock.keepsProcessRunning).toBe(false);
  }
  expect(clock.timersSet).toBe(1);
  timer.progress();
  expect(clock.keepsProcessRunning).toBe(true);
});

test("stop() ends the timer, and it can be started again", () => {
  const timer = new StallTimer(1_000, onStall);
  timer.start();
  timer.stop();
  timer.stop();
  expect(clock.hasTimer).toBe(false);
  clock.pass(10_000);
  expect(onStall).not.toHaveBeenCalled();
  timer.start();
  clock.pass(1_002);
  expect(onStall).toHaveBeenCalledTimes(1);
});

test("Infinity sets no timer", () => {
  const timer = new StallTimer(Number.POSITIVE_INFINITY, onStall);
  timer.start();
  timer.progress();
  expect(clock.timersSet).toBe(0);
});

test("can be restarted by onStall", () => {
  const timer = new StallTimer(100, () => {
    onStall();
    timer.start();
  });
  timer.start();
  clock.pass(202);
  expect(onStall).toHaveBeenCalledTimes(2);
});

describe("after a blocked event loop", () => {
  test.each([1_000, 10_000, 1_000_000])(
    "of %d ms, time in which nothing ran does not count",
    (ms) => {
      const timer = new StallTimer(1_000, onStall);
      timer.start();
      clock.pass(600);
      clock.block(ms);
      expect(onStall).not.toHaveBeenCalled();
      clock.pass(100);
      expect(onStall).not.toHaveBeenCalled();
      clock.pass(400);
      expect(onStall).toHaveBeenCalledTimes(1);
    },
  );

  test("pending I/O is handled before the timeout", () => {
    const timer = new StallTimer(1_000, onStall);
    timer.start();
    clock.pass(990);
    // Not late enough to count as blocked.
    clock.block(25);
    expect(onStall).not.toHaveBeenCalled();
    timer.progress();
    clock.pass(999);
    expect(onStall).not.toHaveBeenCalled();
  });

  test("a block in the last turn does not count either", () => {
    const timer = new StallTimer(1_000, onStall);
    timer.start();
    clock.pass(1_000);
    clock.block(5_000);
    expect(onStall).not.toHaveBeenCalled();
    timer.progress();
    clock.pass(900);
    expect(onStall).not.toHaveBeenCalled();
  });

  test("blocks in all last turns do not postpone the end forever", () => {
    const timer = new StallTimer(1_000, onStall);
    timer.start();
    clock.pass(1_000);
    for (let i = 0; i < 20 && onStall.mock.calls.length === 0; i++) {
      clock.block(5_000);
    }
    expect(onStall).toHaveBeenCalledTimes(1);
  });

  test("repeated blocks only postpone the end", () => {
    const timer = new StallTimer(1_000, onStall);
    timer.start();
    for (let i = 0; i < 20 && onStall.mock.calls.length === 0; i++) {
      clock.block(500);
      clock.pass(1);
    }
    expect(onStall).toHaveBeenCalledTimes(1);
  });
});
