import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OptionTypeError, OutageReporter, silentLogger } from "../index.js";

const refused = new Error("connect ECONNREFUSED 127.0.0.1:3458");
const firstWarning =
  "ingress client: connect ECONNREFUSED 127.0.0.1:3458; retrying (pass a logger to log each attempt, or logger: null to disable this warning)";

const emitWarning = vi.spyOn(process, "emitWarning");
const warn = vi.spyOn(console, "warn");

beforeEach(() => {
  emitWarning.mockReset().mockImplementation(() => {});
  warn.mockReset().mockImplementation(() => {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Two outages of two failures each, each with a recovery. */
function outages(reporter: OutageReporter): void {
  reporter.recovered();
  for (let outage = 0; outage < 2; outage++) {
    reporter.failed(refused, 51.4);
    reporter.failed(refused, 99.9);
    reporter.recovered();
    reporter.recovered();
  }
}

describe("without a logger", () => {
  const texts = [
    firstWarning,
    "ingress client: recovered",
    firstWarning,
    "ingress client: recovered",
  ];

  test("reports each outage and its end once through process.emitWarning", () => {
    outages(new OutageReporter("ingress client", undefined));
    expect(emitWarning.mock.calls).toEqual(
      texts.map((text) => [text, { type: "LoggregatorWarning" }]),
    );
    expect(warn).not.toHaveBeenCalled();
  });

  test.each([
    ["a browser, which has no process", undefined],
    ["a bundler's process without emitWarning", { env: {} }],
  ])("reports them through console.warn in %s", (_, process) => {
    vi.stubGlobal("process", process);
    outages(new OutageReporter("ingress client", undefined));
    vi.unstubAllGlobals();
    expect(warn.mock.calls).toEqual(texts.map((text) => [text]));
    expect(emitWarning).not.toHaveBeenCalled();
  });

  test("reports nothing if nothing fails", () => {
    new OutageReporter("ingress client", undefined).recovered();
    expect(emitWarning).not.toHaveBeenCalled();
  });

  test("reports the outages of each client", () => {
    new OutageReporter("one", undefined).failed(refused, 1);
    new OutageReporter("two", undefined).failed(refused, 1);
    expect(emitWarning).toHaveBeenCalledTimes(2);
  });
});

test.each([
  ["cannot connect to a:1: refused", "client: cannot connect to a:1: refused"],
  ["a:1: the stream failed", "client a:1: the stream failed"],
  [
    "UNAVAILABLE: the server ended the stream",
    "client a:1: UNAVAILABLE: the server ended the stream",
  ],
])("a warning mentions the address once: %s", (message, warning) => {
  const reporter = new OutageReporter("client", undefined, "a:1");
  reporter.ended(new Error(message));
  reporter.failed(new Error(message), 1);
  reporter.recovered();
  expect(emitWarning.mock.calls.map(([text]) => text)).toEqual([
    warning,
    expect.stringContaining(`${warning}; retrying (`),
    "client a:1: recovered",
  ]);
});

test("logger: null reports nothing", () => {
  outages(new OutageReporter("ingress client", null));
  expect(emitWarning).not.toHaveBeenCalled();
  expect(warn).not.toHaveBeenCalled();
});

test("with a logger, each failure is a warning and each recovery an info message", () => {
  const logger = { ...silentLogger, warn: vi.fn(), info: vi.fn() };
  outages(new OutageReporter("ingress client", logger));
  const failures = ["51", "100", "51", "100"].map((ms) => [
    `connect ECONNREFUSED 127.0.0.1:3458; retrying in ${ms} ms`,
  ]);
  expect(logger.warn.mock.calls).toEqual(failures);
  expect(logger.info.mock.calls).toEqual([
    ["ingress client: recovered"],
    ["ingress client: recovered"],
  ]);
  expect(emitWarning).not.toHaveBeenCalled();
});

test("reports the failure that ended a client once, as an error", () => {
  const logger = { ...silentLogger, error: vi.fn() };
  new OutageReporter("ingress client", logger).ended(refused);
  expect(logger.error.mock.calls).toEqual([[refused.message]]);
  new OutageReporter("ingress client", null).ended(refused);
  expect(emitWarning).not.toHaveBeenCalled();
  new OutageReporter("ingress client", undefined).ended(refused);
  expect(emitWarning.mock.calls).toEqual([
    [`ingress client: ${refused.message}`, { type: "LoggregatorWarning" }],
  ]);
});

test("survives a logger that throws", () => {
  const fail = () => {
    throw new Error("disk full");
  };
  const reporter = new OutageReporter("c", { debug: fail, info: fail, warn: fail, error: fail });
  expect(() => outages(reporter)).not.toThrow();
});

test("rejects other values", () => {
  expect(() => new OutageReporter("c", {} as never)).toThrow(OptionTypeError);
});
