import { logEnvelope } from "@loggregator/api";
import { type Emulator, isOtlpLog, type OtlpItem, startEmulator } from "@loggregator/emulator";
import { OtlpExporter, type OtlpExporterOptions } from "@loggregator/otel";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Row, report } from "./report.js";

/** The duration of a fault, in milliseconds. */
const faultMs = 400;
/** The number of envelopes that are emitted every 10 ms. */
const perTurn = 10;
/** Delays between attempts are at most this long, in milliseconds. */
const maxDelayMs = 200;

const grpcStatuses = [
  ...["CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND"],
  ...["ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION"],
  ...["ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"],
  "UNAUTHENTICATED",
];
/** Statuses after which OTLP permits another attempt. */
const retryable = {
  grpc: new Set([1, 4, 10, 11, 14, 15]),
  http: new Set([1, 4, 8, 10, 11, 14, 15, 429, 502, 503, 504]),
};

let emulator: Emulator;
const clients: Client[] = [];

beforeAll(async () => {
  emulator = await startEmulator({ logger: null });
});

afterEach(async () => {
  emulator.faults.clear();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  emulator.otlp.clear();
});

afterAll(async () => {
  await emulator.close();
});

/** An exporter that receives numbered logs continuously. */
class Client {
  readonly name: string;
  readonly exporter: OtlpExporter;
  readonly arrivals: number[] = [];
  emitted = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(name: string, options: OtlpExporterOptions) {
    this.name = name;
    this.exporter = new OtlpExporter({
      batchMaxSize: 100,
      flushIntervalMs: 10,
      retry: { baseDelayMs: 20, maxDelayMs },
      logger: null,
      ...options,
    });
    this.#timer = setInterval(() => {
      const from = this.emitted;
      this.emitted += perTurn;
      this.exporter.export(
        Array.from({ length: perTurn }, (_, i) => logEnvelope(`${from + i}`, { sourceId: name })),
      );
    }, 10);
  }

  numberOf(item: OtlpItem): number | undefined {
    const isMine = item.resource.attributes["service.name"] === this.name;
    return isMine && isOtlpLog(item) ? Number(item.body) : undefined;
  }

  /** Resolves when an envelope arrives that was emitted after now. Returns the time until then. */
  async recovered(): Promise<number> {
    const { emitted } = this;
    const begin = performance.now();
    await emulator.otlp.next((item) => (this.numberOf(item) ?? -1) >= emitted, {
      timeoutMs: 10_000,
    });
    return performance.now() - begin;
  }

  /** Collects what has arrived, before the emulator removes it. */
  collect(): void {
    for (const log of emulator.otlp.logs) {
      const number = this.numberOf(log);
      if (number !== undefined) {
        this.arrivals.push(number);
      }
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.exporter.flush();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.exporter.close().catch(() => {});
  }

  /** The result, after `stop` and `collect`. */
  row(fault: string, recoveredMs: readonly number[]): Row {
    const { emitted, arrivals, name, exporter } = this;
    const first = [...new Set(arrivals)];
    expect(first).toEqual(first.toSorted((a, b) => a - b));
    const { sent, dropped, queued, rejected } = exporter.stats;
    expect(sent + dropped + queued).toBe(emitted);
    const lost = emitted - first.length;
    expect(lost).toBe(dropped + rejected);
    const duplicated = arrivals.length - first.length;
    const client = `otlp ${name}`;
    return { fault, client, emitted, arrived: arrivals.length, lost, duplicated, recoveredMs };
  }
}

function startClients(options: OtlpExporterOptions = {}): Client[] {
  const { httpAddress, url } = emulator.otlp;
  clients.push(
    new Client("grpc", { address: httpAddress, tls: false, ...options }),
    new Client("http", { url, ...options }),
  );
  return clients;
}

const elapsed = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when a client has lost something: on a busy machine, that may take longer than a fault. */
async function untilLost(client: Client): Promise<void> {
  const begin = performance.now();
  const lost = () => client.exporter.stats.dropped + client.exporter.stats.rejected;
  while (lost() === 0 && performance.now() - begin < 10_000) {
    await elapsed(10);
  }
}

/** Runs both clients in a fault, and reports their results. */
async function runFault(
  fault: string,
  begin: () => unknown,
  losing: ReadonlySet<string> = new Set(),
  options: OtlpExporterOptions = {},
): Promise<Record<"grpc" | "http", Row>> {
  const both = startClients(options);
  await Promise.all(both.map((client) => client.recovered()));
  await begin();
  await elapsed(faultMs);
  await Promise.all(both.filter(({ name }) => losing.has(name)).map(untilLost));
  emulator.faults.clear();
  const times = await Promise.all(both.map((client) => client.recovered()));
  await Promise.all(both.map((client) => client.stop()));
  const rows = both.map((client, i) => {
    client.collect();
    return client.row(fault, [times[i] as number]);
  });
  report(rows);
  const [grpc, http] = rows as [Row, Row];
  return { grpc, http };
}

const everyClient = new Set(["grpc", "http"]);
const nothingLost = expect.objectContaining({ lost: 0 });
const someLost = expect.objectContaining({ lost: expect.toSatisfy((lost: number) => lost > 0) });

describe("statuses", () => {
  test.each(grpcStatuses.map((name, index) => [name, index + 1] as const))(
    "status %s, and its counterpart over HTTP",
    async (name, status) => {
      const names = ["grpc", "http"] as const;
      const losing = new Set<string>(names.filter((client) => !retryable[client].has(status)));
      const refuse = () => emulator.faults.otlp.refuse(status);
      const rows = await runFault(`status ${name}`, refuse, losing);
      for (const client of names) {
        expect(rows[client]).toEqual(losing.has(client) ? someLost : nothingLost);
      }
    },
  );

  test.each([413, 500, 502, 504])("HTTP status %i, and its counterpart", async (status) => {
    const isLosing = !retryable.http.has(status);
    const { http } = await runFault(
      `status HTTP ${status}`,
      () => emulator.faults.otlp.refuse(status),
      new Set(isLosing ? ["http"] : []),
    );
    expect(http).toEqual(isLosing ? someLost : nothingLost);
  });

  test("RESOURCE_EXHAUSTED with RetryInfo, and 429 with Retry-After", async () => {
    const rows = await runFault("status RESOURCE_EXHAUSTED, retry after 1 s", () =>
      emulator.faults.otlp.refuse(8, { retryAfterMs: 1_000 }),
    );
    expect(rows).toEqual({ grpc: nothingLost, http: nothingLost });
  });
});

test("partial success loses the rejected records, and nothing else", async () => {
  const rows = await runFault(
    "partial success: one record of each request is rejected",
    () => emulator.faults.otlp.acceptPartially(1),
    everyClient,
  );
  expect(rows).toEqual({ grpc: someLost, http: someLost });
  expect(clients.map(({ exporter }) => exporter.stats.dropped)).toEqual([0, 0]);
});

test("slow answers", async () => {
  const rows = await runFault("answers take 300 ms", () => emulator.faults.otlp.delay(300));
  expect(rows).toEqual({ grpc: nothingLost, http: nothingLost });
});

test("no answers", async () => {
  const rows = await runFault(
    "no answers, timeout 100 ms",
    () => emulator.faults.otlp.stopReading(),
    undefined,
    { timeoutMs: 100 },
  );
  expect(rows).toEqual({ grpc: nothingLost, http: nothingLost });
});

test("broken connections", async () => {
  const rows = await runFault("all connections break", () =>
    emulator.faults.otlp.dropConnections(),
  );
  expect(rows).toEqual({ grpc: nothingLost, http: nothingLost });
});

test("an unreachable destination", async () => {
  const rows = await runFault("the destination is unreachable", () => emulator.faults.otlp.stop());
  expect(rows).toEqual({ grpc: nothingLost, http: nothingLost });
});

test("an unreachable destination, with a small queue", async () => {
  const rows = await runFault(
    "the destination is unreachable, with a queue of 100 envelopes",
    () => emulator.faults.otlp.stop(),
    everyClient,
    { maxQueueSize: 100 },
  );
  expect(rows).toEqual({ grpc: someLost, http: someLost });
});

test("a destination that is restarted 5 times", async () => {
  const fault = "the destination restarts 5 times";
  const both = startClients();
  await Promise.all(both.map((client) => client.recovered()));
  const times: number[][] = [];
  for (let restart = 0; restart < 5; restart++) {
    const { otlp, tls } = emulator;
    await emulator.close();
    for (const client of both) {
      client.collect();
    }
    emulator = await startEmulator({ otlp, tls, logger: null });
    times.push(await Promise.all(both.map((client) => client.recovered())));
  }
  await Promise.all(both.map((client) => client.stop()));
  const rows = both.map((client, i) => {
    client.collect();
    return client.row(
      fault,
      times.map((each) => each[i] as number),
    );
  });
  report(rows);
  expect(rows).toEqual([nothingLost, nothingLost]);
});
