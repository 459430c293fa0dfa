import {
  counterEnvelope,
  isCounter,
  isLog,
  isTimer,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { abortListeners, recordProcessEvents } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { send } from "../../testing/send.js";
import { EmulatorClosedError, startEmulator, type WaitOptions } from "../index.js";

const log = logEnvelope("hello", { sourceId: "app" });

describe("until", () => {
  test("waits for the stats, until the signal aborts or the emulator closes", async () => {
    const emulator = await startEmulator();
    const received = (count: number, options?: WaitOptions) =>
      emulator.until((stats) => stats.received === count, options);
    await received(0);
    const one = received(1);
    emulator.emit(log);
    await one;

    const controller = new AbortController();
    const aborted = received(9, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(received(1, { signal: controller.signal })).rejects.toThrow("enough");

    const tooLate = received(9);
    await Promise.all([expect(tooLate).rejects.toThrow(EmulatorClosedError), emulator.close()]);
    await expect(received(9)).rejects.toThrow(/closed before .*"received":1/);
    await received(1);
  });

  test("rejects with the stats after timeoutMs", async () => {
    await using emulator = await startEmulator();
    emulator.emit(log);
    await expect(
      emulator.until(({ received }) => received === 2, { timeoutMs: 20 }),
    ).rejects.toMatchObject({
      name: "EmulatorTimeoutError",
      message: expect.stringMatching(/^until\(\) timed out after 20 ms; .*"received":1/),
      stats: expect.objectContaining({ received: 1 }),
    });
  });

  test("leaves no listener on a shared signal, and causes no warning", async () => {
    using events = recordProcessEvents();
    await using emulator = await startEmulator();
    const { signal } = new AbortController();
    const waits = Array.from({ length: 30 }, (_, i) =>
      emulator.until(({ received }) => received > i, { signal, timeoutMs: 60_000 }),
    );
    const nexts = Array.from({ length: 30 }, () => emulator.next(isLog, { signal }));
    for (let i = 0; i < 30; i += 1) {
      emulator.emit(log);
    }
    await Promise.all([...waits, ...nexts]);
    await expect(emulator.until(() => false, { signal, timeoutMs: 1 })).rejects.toThrow(
      "timed out",
    );
    expect(abortListeners(signal)).toBe(0);
    await events.settled();
    expect(events.warnings).toEqual([]);
  });

  test.each<[string, unknown[], string]>([
    ["no predicate", [], "predicate must be a function, got undefined"],
    [
      "an async predicate",
      [async () => false],
      "predicate must be a function that returns true or false, got an async function",
    ],
    [
      "a misspelled option",
      [() => true, { timeoutMS: 1 }],
      'unknown option "timeoutMS"; did you mean "timeoutMs"?',
    ],
    [
      "a timeout of 0",
      [() => true, { timeoutMs: 0 }],
      "timeoutMs must be a positive number of milliseconds up to 2147483647, or Infinity, got 0",
    ],
    ["a signal of the wrong type", [() => true, { signal: {} }], "signal must be an AbortSignal"],
  ])("refuses %s", async (_, args, message) => {
    await using emulator = await startEmulator();
    emulator.emit(log);
    await expect(emulator.until(...(args as [never]))).rejects.toThrow(message);
    await expect(emulator.next(...(args as [never]))).rejects.toThrow(
      message.replace("predicate", "guard"),
    );
  });
});

describe("received envelopes", () => {
  test("are returned by next once each, the oldest that the guard accepts first", async () => {
    await using emulator = await startEmulator();
    const later = emulator.next(isTimer);
    for (const text of ["1", "2"]) {
      emulator.emit(logEnvelope(text));
    }
    emulator.emit(counterEnvelope("c"));
    const counter = await emulator.next(isCounter);
    expect(counter.message.value.name).toBe("c");
    const logs = [await emulator.next(isLog), await emulator.next(() => true)];
    expect(
      logs.map((envelope) => String(isLog(envelope) && envelope.message.value.payload)),
    ).toEqual(["49", "50"]);
    emulator.emit(timerEnvelope("t", 1n, 2n));
    expect((await later).message.value.name).toBe("t");
    expect(emulator.envelopes()).toHaveLength(4);
    await expect(emulator.next(() => true, { timeoutMs: 10 })).rejects.toThrow(
      "next() timed out after 10 ms: 4 envelopes were received, and the guard accepts none of those that next() has not returned yet",
    );
  });

  test("are kept as they leave the agent, the latest 10,000 of them", async () => {
    await using emulator = await startEmulator({ ingress: { tags: { deployment: "cf" } } });
    await send(emulator.ingress.address, emulator.tls.ingress);
    expect(emulator.envelopes()).toMatchObject([{ sourceId: "app", tags: { deployment: "cf" } }]);
    for (let i = 1; i <= 25_000; i += 1) {
      emulator.emit(counterEnvelope(String(i)));
      if (i % 7 === 0) {
        await emulator.next(isCounter);
      }
    }
    const names = emulator
      .envelopes()
      .map((envelope) => isCounter(envelope) && envelope.message.value.name);
    expect(names).toHaveLength(10_000);
    expect([names[0], names.at(-1)]).toEqual(["15001", "25000"]);
    expect((await emulator.next(isCounter)).message.value.name).toBe("15001");
  });

  test("are bounded in bytes", async () => {
    await using emulator = await startEmulator();
    for (let i = 0; i < 40; i += 1) {
      emulator.emit(logEnvelope("x".repeat(1024 * 1024)));
    }
    expect(emulator.envelopes()).toHaveLength(15);
  });

  test("of a single envelope are described in the singular", async () => {
    const emulator = await startEmulator();
    emulator.emit(log);
    const waiting = emulator.next(isTimer);
    await Promise.all([
      expect(waiting).rejects.toThrow(
        "the emulator was closed during next(): 1 envelope was received, and the guard accepts none of those that next() has not returned yet",
      ),
      emulator.close(),
    ]);
  });
});
