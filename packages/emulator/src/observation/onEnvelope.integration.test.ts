import { type Envelope, isLog, isTimer, logEnvelope } from "@loggregator/api";
import { recordProcessEvents } from "@loggregator/testing";
import { Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { send } from "../../testing/send.js";
import { startEmulator } from "../index.js";

const log = logEnvelope("hello", { sourceId: "app" });
const unavailable = expect.objectContaining({ code: Status.UNAVAILABLE });

describe("in the process itself", () => {
  test("emit accepts an envelope as ingress does", async () => {
    const received: Envelope[] = [];
    await using emulator = await startEmulator({
      onEnvelope: (envelope) => received.push(envelope),
    });
    const envelope = logEnvelope("hello", { tags: { origin: "o" } });
    emulator.emit(envelope);
    expect(received).toEqual([{ ...envelope, sourceId: "o" }]);
    expect(envelope.sourceId).toBe("");
    expect(emulator.stats.received).toBe(1);
  });
});

describe("onEnvelope", () => {
  const oops = new Error("oops");

  test.each([
    [
      "throws",
      () => {
        throw oops;
      },
    ],
    ["returns a promise that rejects", () => Promise.reject(oops)],
  ])("that %s makes until, next and close fail, and stops nothing", async (_, onEnvelope) => {
    using events = recordProcessEvents();
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => errors.push(line) };
    const emulator = await startEmulator({ logger, onEnvelope });
    const waiting = [emulator.until(({ received }) => received === 9), emulator.next(isTimer)];
    const rejected = Promise.all(waiting.map((wait) => expect(wait).rejects.toBe(oops)));
    await send(emulator.ingress.address, emulator.tls.ingress);
    await send(emulator.ingress.address, emulator.tls.ingress);
    await rejected;
    expect(emulator.stats.received).toBe(2);
    await expect(emulator.until(() => true)).rejects.toBe(oops);
    await expect(emulator.next(isLog)).rejects.toBe(oops);
    await expect(emulator.close()).rejects.toBe(oops);
    await expect(emulator.close()).rejects.toBe(oops);
    await expect(send(emulator.ingress.address, emulator.tls.ingress)).rejects.toEqual(unavailable);
    expect(errors).toEqual(["onEnvelope failed: Error: oops", "onEnvelope failed: Error: oops"]);
    await events.settled();
    expect(events.unhandledRejections).toEqual([]);
  });

  test("that rejects late makes close fail, which waits for it", async () => {
    const emulator = await startEmulator({
      onEnvelope: () =>
        new Promise((_, reject) => {
          setTimeout(() => reject(oops), 50);
        }),
    });
    emulator.emit(log);
    await expect(emulator.close()).rejects.toBe(oops);
  });

  test("makes the end of an `await using` block fail unless something in it has already failed", async () => {
    const options = { onEnvelope: () => Promise.reject(oops) };
    const block = async (wait: boolean) => {
      await using emulator = await startEmulator(options);
      emulator.emit(log);
      if (wait) {
        await emulator.until(({ received }) => received === 2);
      }
    };
    await expect(block(false)).rejects.toBe(oops);
    // The error itself rather than a SuppressedError that contains it twice.
    await expect(block(true)).rejects.toBe(oops);
  });

  test("that fails after the signal has closed the emulator causes no unhandled rejection", async () => {
    using events = recordProcessEvents();
    const controller = new AbortController();
    const { signal } = controller;
    const emulator = await startEmulator({ signal, onEnvelope: () => Promise.reject(oops) });
    emulator.emit(log);
    controller.abort();
    await expect(emulator.close()).rejects.toBe(oops);
    await events.settled();
    expect(events.unhandledRejections).toEqual([]);
  });
});
