import { logEnvelope, timerEnvelope } from "@loggregator/api";
import { Recorder, recordProcessEvents } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { exporterTo, numbered, startServer } from "../../../testing/otlpServer.js";
import { ExportLogsServiceResponse } from "../../messages.js";
import type { OtlpExporter } from "../otlpExporter.js";

const tags = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
const log = () => logEnvelope("a");
const span = () => timerEnvelope("t", 1n, 2n, { tags });

async function sent(exporter: OtlpExporter, count: number) {
  while (exporter.stats.sent < count) {
    await new Promise(setImmediate);
  }
}

/** Starts a server that answers requests for spans with a status, until `accept()` is called. */
async function startFailingServer(status: number) {
  let isFailing = true;
  const server = await startServer((response) => {
    if (isFailing && response.req.url?.endsWith("/v1/traces")) {
      response.writeHead(status).end();
    }
  });
  const accept = () => {
    isFailing = false;
  };
  return { ...server, accept };
}

describe("a signal that fails beside one that works", () => {
  test("is reported once, and so is its recovery", async () => {
    using process = recordProcessEvents();
    await using server = await startFailingServer(503);
    const attempts = new Recorder<string>();
    await using exporter = exporterTo(server.url, {
      logger: undefined,
      onRetryableError: ({ signal }) => attempts.add(signal ?? ""),
    });
    const statuses = new Recorder<string>();
    const watching = (async () => {
      for await (const { type } of exporter.status()) {
        statuses.add(type);
      }
    })();
    exporter.export([span()]);
    for (let round = 1; round <= 5; round++) {
      await attempts.count(round);
      exporter.export([log()]);
      await sent(exporter, round);
      await statuses.count(round + 1);
    }
    expect(new Set(statuses.values.slice(1))).toEqual(new Set(["retrying"]));
    server.accept();
    await exporter.flush();
    expect(statuses.values.at(-1)).toBe("open");
    await process.settled();
    expect(process.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^OTLP traces exporter: cannot export traces to .* 503; retrying/),
      expect.stringMatching(/^OTLP traces exporter .*: recovered$/),
    ]);
    await exporter.close();
    await watching;
    expect(statuses.values.at(-1)).toBe("closed");
  });

  test("is reported once if the server refuses its requests", async () => {
    using process = recordProcessEvents();
    await using server = await startFailingServer(404);
    await using exporter = exporterTo(server.url, { logger: undefined, onDropped: () => {} });
    for (let round = 0; round < 5; round++) {
      exporter.export([span(), log()]);
      await exporter.flush();
    }
    expect(exporter.stats).toMatchObject({ sent: 5, dropped: 5 });
    await process.settled();
    expect(process.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^OTLP traces exporter: cannot export traces to .* 404/),
    ]);
  });

  test("is the last error of close()", async () => {
    await using server = await startFailingServer(503);
    const attempts = new Recorder<Error>();
    const exporter = exporterTo(server.url, { closeTimeoutMs: 1, onRetryableError: attempts.add });
    exporter.export([span()]);
    await attempts.count(1);
    exporter.export([log()]);
    await sent(exporter, 1);
    await expect(exporter.close()).rejects.toThrow(/last error: cannot export traces to .* 503/);
  });
});

describe("partial success", () => {
  async function startRejectingServer(rejected: bigint) {
    const partialSuccess = { rejectedLogRecords: rejected, errorMessage: "too\n old" };
    const bytes = ExportLogsServiceResponse.encode({ partialSuccess }).finish();
    return await startServer((response) => response.end(bytes));
  }

  test("is reported once as a warning if there is neither a logger nor onRejected", async () => {
    using process = recordProcessEvents();
    await using server = await startRejectingServer(2n);
    await using exporter = exporterTo(server.url, { logger: undefined });
    for (let round = 0; round < 3; round++) {
      exporter.export(numbered(5));
      await exporter.flush();
    }
    expect(exporter.stats).toMatchObject({ sent: 15, rejected: 6 });
    await process.settled();
    expect(process.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^OTLP exporter 127.*: the server rejected 2 log records of a request: too\\u000a old \(pass onRejected/,
      ),
    ]);
  });

  test("without rejected records is a warning of the server", async () => {
    using process = recordProcessEvents();
    await using server = await startRejectingServer(0n);
    const warnings: unknown[] = [];
    const rejected: [number, string][] = [];
    const logger = {
      debug() {},
      info() {},
      error() {},
      warn: (text: unknown) => warnings.push(text),
    };
    await using exporter = exporterTo(server.url, {
      logger,
      onRejected: (count, message) => rejected.push([count, message]),
    });
    exporter.export(numbered(5));
    await exporter.flush();
    expect(warnings).toEqual(["the server accepted a request with a warning: too\\u000a old"]);
    expect(rejected).toEqual([[0, "too\n old"]]);
    await process.settled();
    expect(process.warnings).toEqual([]);
  });
});
