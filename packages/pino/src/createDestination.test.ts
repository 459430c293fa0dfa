import type { LogOptions } from "@loggregator/api";
import pino from "pino";
import { expect, test, vi } from "vitest";
import { createDestination } from "./index.js";

/** Creates an emitter that records logs. */
function recordingEmitter() {
  const logs: { message: string; options: LogOptions }[] = [];
  return {
    logs,
    emitLog: (message: string | Uint8Array, options: LogOptions = {}) => {
      logs.push({ message: `${message}`, options });
    },
    emitCounter() {},
    emitGauge() {},
  };
}

test("a line is a log with its level and time", () => {
  const emitter = recordingEmitter();
  const settings = { sourceId: "app", instanceId: "1", sourceType: "web" };
  const logger = pino({ base: null }, createDestination(emitter, settings));
  logger.info("one");
  logger.error("two");
  const [first, second] = emitter.logs;
  const { time } = JSON.parse(first?.message ?? "");
  expect(first?.message).toBe(`{"level":30,"time":${time},"msg":"one"}`);
  expect(first?.options).toMatchObject({ ...settings, stream: "stdout", tags: undefined });
  expect(first?.options.timestamp).toBe(BigInt(time) * 1_000_000n);
  expect(second?.options.stream).toBe("stderr");
});

test("lines of one millisecond have different timestamps, in their order", () => {
  const emitter = recordingEmitter();
  const timestamp = () => ',"time":1700000000000';
  const logger = pino({ timestamp }, createDestination(emitter));
  logger.info("a");
  logger.info("b");
  expect(emitter.logs.map(({ options }) => options.timestamp)).toEqual([
    1700000000000000000n,
    1700000000000000001n,
  ]);
});

test.each([
  [pino.stdTimeFunctions.isoTime, true],
  [() => ',"time":"2023-11-14T22:13:20.000Z"', 1700000000000000000n],
  [pino.stdTimeFunctions.nullTime, undefined],
  [() => ',"time":"yesterday"', undefined],
  [() => ',"time":1e300', undefined],
])("other time formats are parsed, or the emitter sets the time (%#)", (timestamp, expected) => {
  const emitter = recordingEmitter();
  pino({ timestamp }, createDestination(emitter)).info("a");
  const emitted = emitter.logs[0]?.options.timestamp;
  expect(expected === true ? typeof emitted : emitted).toBe(
    expected === true ? "bigint" : expected,
  );
});

test("fields become tags, including those of child loggers", () => {
  const emitter = recordingEmitter();
  const logger = pino(createDestination(emitter, { tagFields: ["module", "req.id"] }));
  logger.child({ module: "m" }).info({ req: { id: 7 } }, "x");
  logger.info("y");
  expect(emitter.logs.map(({ options }) => options.tags)).toEqual([
    { module: "m", "req.id": "7" },
    {},
  ]);
});

test("the payload may be the message; lines without one are sent whole", () => {
  const emitter = recordingEmitter();
  const options = { payload: "message", messageKey: "text" } as const;
  const logger = pino(
    { messageKey: "text", base: null, crlf: true },
    createDestination(emitter, options),
  );
  logger.info("hello\nworld");
  logger.info({ a: 1 });
  expect(emitter.logs[0]?.message).toBe("hello\nworld");
  expect(emitter.logs[1]?.message).toMatch(/^\{"level":30,.*"a":1\}$/);
});

test("custom levels are compared by their number", () => {
  const emitter = recordingEmitter();
  const destination = createDestination(emitter, { stderrLevel: 35 });
  const logger = pino({ customLevels: { notice: 35, hint: 34 } }, destination);
  logger.notice("a");
  logger.hint("b");
  expect(emitter.logs.map(({ options }) => options.stream)).toEqual(["stderr", "stdout"]);
});

test("flush() waits for the emitter's queue, if it has one", async () => {
  const flush = vi.fn(() => Promise.resolve());
  const logger = pino(createDestination({ ...recordingEmitter(), flush } as never));
  await new Promise<void>((resolve, reject) => {
    logger.flush((error) => (error ? reject(error) : resolve()));
  });
  expect(flush).toHaveBeenCalledOnce();

  flush.mockRejectedValueOnce(new Error("closed") as never);
  const failed = await new Promise((resolve) => logger.flush(resolve));
  expect(failed).toEqual(new Error("closed"));

  const without = pino(createDestination(recordingEmitter()));
  expect(await new Promise((resolve) => without.flush(resolve))).toBeUndefined();
  const destination = createDestination(recordingEmitter());
  expect(() => destination.flush(null as never)).toThrow("callback must be a function, got null");
});

test.each([
  [{}, undefined, "emitter must be an object with emitLog"],
  [recordingEmitter(), { payload: "text" }, 'payload must be "line" or "message", got "text"'],
  [recordingEmitter(), { sourceId: 1 }, "sourceId must be a string, got 1"],
  [recordingEmitter(), { sourceType: 1 }, "sourceType must be a string, got 1"],
  [recordingEmitter(), { messageKey: 1 }, "messageKey must be a string, got 1"],
  [recordingEmitter(), { tagFields: "a" }, "tagFields must be an array of strings"],
  [recordingEmitter(), { tagfields: [] }, 'did you mean "tagFields"?'],
])("rejects invalid arguments (%#)", (emitter, options, message) => {
  expect(() => createDestination(emitter as never, options as never)).toThrow(message);
});
