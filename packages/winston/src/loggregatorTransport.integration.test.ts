import { once } from "node:events";
import { type Envelope, isLog, Log_Type, logText } from "@loggregator/api";
import { startAgent } from "@loggregator/testing/agent";
import { expect, test } from "vitest";
import winston from "winston";
import { LoggregatorTransport } from "./index.js";

/** Returns the relevant parts of an envelope. */
function brief(envelope: Envelope): string[] {
  const { sourceId, instanceId, tags } = envelope;
  const isErr = isLog(envelope) && envelope.message.value.type === Log_Type.ERR;
  const own = ["source_type", "module", "req.id"].map((name) => tags[name] ?? "");
  return [isErr ? "ERR" : "OUT", logText(envelope as never), sourceId, instanceId, ...own];
}

test("records are logs with level, payload and tags", async () => {
  await using agent = await startAgent();
  const options = { sourceId: "app", instanceId: "1", sourceType: "web" };
  const transport = new LoggregatorTransport({
    ...options,
    ingress: agent.ingress,
    tagFields: ["module", "req.id"],
    payload: "message",
  });
  const logger = winston.createLogger({ transports: [transport] });
  logger.child({ module: "m" }).info("one", { req: { id: 7 } });
  logger.error("two");
  logger.warn("three");
  logger.debug("below the level");
  logger.end();
  await once(transport, "finish");
  await agent.until(3);
  expect(agent.received.map(brief)).toEqual([
    ["OUT", "one", "app", "1", "web", "m", "7"],
    ["ERR", "two", "app", "1", "web", "", ""],
    ["OUT", "three", "app", "1", "web", "", ""],
  ]);
  expect(transport.stats).toMatchObject({ sent: 3, dropped: 0, queued: 0 });
});

test("the payload is the formatted line, and syslog levels above error go to stderr", async () => {
  await using agent = await startAgent();
  const transport = new LoggregatorTransport({ ingress: agent.ingress });
  const logger = winston.createLogger({
    levels: winston.config.syslog.levels,
    format: winston.format.json(),
    transports: [transport],
  });
  logger.log("crit", "one");
  logger.log("error", "two");
  logger.log("warning", "three");
  await transport.flush();
  await agent.until(3);
  expect(agent.received.map((envelope) => brief(envelope).slice(0, 2))).toEqual([
    ["ERR", '{"level":"crit","message":"one"}'],
    ["ERR", '{"level":"error","message":"two"}'],
    ["OUT", '{"level":"warning","message":"three"}'],
  ]);
  logger.close();
  await once(transport, "finish");
});

test("10,000 records arrive before the event finish", async () => {
  await using agent = await startAgent();
  const transport = new LoggregatorTransport({ ingress: agent.ingress, payload: "message" });
  const logger = winston.createLogger({ transports: [transport] });
  for (let i = 0; i < 10_000; i++) {
    logger.info(`${i}`);
  }
  logger.end();
  await once(transport, "finish");
  await agent.until(10_000);
  const expected = Array.from({ length: 10_000 }, (_, i) => `${i}`);
  expect(agent.received.map((envelope) => logText(envelope as never))).toEqual(expected);
});

test.each(["close", "await using", "logger.close"])(
  "%s flushes and ends the client",
  async (way) => {
    await using agent = await startAgent();
    const transport = new LoggregatorTransport({ ingress: agent.ingress, payload: "message" });
    const logger = winston.createLogger({ transports: [transport] });
    logger.info("one");
    if (way === "close") {
      const closing = transport.close();
      expect(transport.close()).toBe(closing);
      await closing;
    } else if (way === "await using") {
      await transport[Symbol.asyncDispose]();
    } else {
      logger.close();
      await transport.close();
    }
    expect(transport.stats).toMatchObject({ sent: 1, dropped: 0, queued: 0 });
    expect(await statusTypes(transport)).toEqual(["closed"]);
    await agent.until(1);
    // It has ended.
    await transport.close();
  },
);

test.each(["destroy", "signal"])("%s drops the queue and ends the client", async (way) => {
  await using agent = await startAgent();
  const stop = new AbortController();
  const ingress = { ...agent.ingress, address: "127.0.0.1:1", logger: null, signal: stop.signal };
  const transport = new LoggregatorTransport({ ingress });
  const logger = winston.createLogger({ transports: [transport] });
  logger.info("lost");
  if (way === "destroy") {
    transport.destroy();
  } else {
    stop.abort();
  }
  expect(await statusTypes(transport)).toEqual(["closed"]);
  expect(transport.stats).toMatchObject({ sent: 0, dropped: 1, queued: 0 });
});

async function statusTypes(transport: LoggregatorTransport): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of transport.status()) {
    types.push(type);
  }
  return types;
}

test("close() rejects and an error is emitted if the client could not send everything", async () => {
  await using agent = await startAgent();
  const ingress = { ...agent.ingress, address: "127.0.0.1:1", closeTimeoutMs: 50, logger: null };
  const transport = new LoggregatorTransport({ ingress });
  const errors = once(transport, "error");
  const logger = winston.createLogger({ transports: [transport] }).on("error", () => {});
  logger.info("lost");
  await expect(transport.close()).rejects.toMatchObject({ name: "IngressError" });
  expect((await errors)[0]).toMatchObject({ name: "IngressError" });
  await transport[Symbol.asyncDispose]();
});

test("a failure to close is an error event", async () => {
  await using agent = await startAgent();
  const ingress = { ...agent.ingress, address: "127.0.0.1:1", closeTimeoutMs: 50, logger: null };
  const transport = new LoggregatorTransport({ ingress });
  const errors = once(transport, "error");
  const logger = winston.createLogger({ transports: [transport] }).on("error", () => {});
  logger.info("lost");
  logger.end();
  const [error] = await errors;
  expect(error).toMatchObject({ name: "IngressError" });
  expect(transport.stats).toMatchObject({ sent: 0, dropped: 1 });
});

test.each([
  [{ tagField: [] }, 'did you mean "tagFields"?'],
  [{ payload: "text" }, 'payload must be "line" or "message", got "text"'],
  [{ sourceId: 1 }, "sourceId must be a string, got 1"],
  [{ ingress: 1 }, "ingress must be an object, got 1"],
  [{}, "LOGGREGATOR_CA_PATH"],
])("rejects %j", (options, message) => {
  expect(() => new LoggregatorTransport(options as never)).toThrow(message);
});
