import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { type Envelope, logEnvelope, selectLog } from "@loggregator/api";
import { frameBatch, Recorder, recordProcessEvents } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { answer, finish, RawServer } from "../testing/rawServer.js";
import { EgressError, EnvelopeStreamConnector, Status } from "./index.js";

const logs = { selectors: [selectLog()] };
const silent = () => {};

describe("with a buffer", () => {
  test("keeps reading while the consumer sleeps, and counts every batch", async () => {
    const sent = 1_000;
    await using server = await RawServer.start((call) => {
      answer(call);
      for (let index = 0; index < sent; index++) {
        call.write(numbered(index, 10_000));
      }
      finish(call, Status.PERMISSION_DENIED);
    });
    let missed = 0;
    const connector = new EnvelopeStreamConnector({
      ...server.options,
      buffer: {
        size: 8,
        onDropped: (count) => {
          missed += count;
        },
      },
    });
    const stream = connector.stream(logs);
    const received = [numberOf((await stream.next()).value)];
    // Ten megabytes are read while the consumer requests no batch.
    while (connector.stats.batches < sent) {
      await new Promise(setImmediate);
    }
    const rest = async () => {
      for await (const batch of stream) {
        received.push(numberOf(batch));
      }
    };
    await expect(rest()).rejects.toBeInstanceOf(EgressError);
    expect(received.length + missed).toBe(sent);
    expect(received.length).toBeLessThan(20);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
  });

  test("loses no batch if onDropped throws", async () => {
    await using server = await RawServer.start((call) => {
      answer(call);
      for (let index = 0; index < 100; index++) {
        call.write(numbered(index));
      }
      finish(call, Status.PERMISSION_DENIED);
    });
    let missed = 0;
    const errors: string[] = [];
    const stream = new EnvelopeStreamConnector({
      ...server.options,
      logger: { debug: silent, info: silent, warn: silent, error: (text) => errors.push(text) },
      buffer: {
        size: 1,
        onDropped: (count) => {
          missed += count;
          throw new Error("no");
        },
      },
    }).stream(logs);
    let received = 0;
    const read = async () => {
      for await (const _ of stream) {
        received++;
        await new Promise(setImmediate);
      }
    };
    await expect(read()).rejects.toBeInstanceOf(EgressError);
    expect(received + missed).toBe(100);
    expect(errors).toContain("buffer.onDropped failed: Error: no");
  });

  test("reports the first loss as a warning if there is neither a logger nor onDropped", async () => {
    using process = recordProcessEvents();
    await using server = await RawServer.start((call) => {
      answer(call);
      for (let index = 0; index < 100; index++) {
        call.write(numbered(index));
      }
    });
    const connector = new EnvelopeStreamConnector({ ...server.options, buffer: { size: 1 } });
    const stream = connector.stream(logs);
    await stream.next();
    while (connector.stats.batches < 100) {
      await new Promise(setImmediate);
    }
    await stream.next();
    await stream.stop();
    await process.settled();
    expect(process.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^egress connector .*: dropped \d+ envelopes because the consumer was too slow for its buffer \(pass/,
      ),
    ]);
  });
});

describe("a consumer that sleeps while 300 MB are sent", () => {
  const batches = 3_000;

  test("without a buffer slows the server down, and loses nothing", async () => {
    await using server = await FloodingServer.start(batches);
    await using reader = new SleepingReader(server);
    await reader.asleep;
    const before = await reader.memory();
    server.flood();
    // There is no event for the end of writing, so half a second without a write counts as the end.
    for (let written = -1; written !== server.written; ) {
      written = server.written;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(server.written).toBeLessThan(100);
    const { liveMiB, rssMiB } = await reader.memory();
    expect(liveMiB - before.liveMiB).toBeLessThan(32);
    expect(rssMiB - before.rssMiB).toBeLessThan(64);
    expect(await reader.wake()).toEqual({
      read: batches,
      missed: 0,
      code: Status.PERMISSION_DENIED,
    });
  });

  test("with a buffer reads everything, and keeps the batches that fit into the buffer", async () => {
    await using server = await FloodingServer.start(batches);
    await using reader = new SleepingReader({ ...server, buffer: { size: 10 } });
    await reader.asleep;
    const before = await reader.memory();
    server.flood();
    await server.flooded;
    const { liveMiB, rssMiB } = await reader.memory();
    expect(liveMiB - before.liveMiB).toBeLessThan(32);
    expect(rssMiB - before.rssMiB).toBeLessThan(150);
    const { read, missed, code } = await reader.wake();
    expect(code).toBe(Status.PERMISSION_DENIED);
    expect(read * batchSize + missed).toBe(batches * batchSize);
    expect(read).toBeLessThan(100);
  });
});

const batchSize = 10;

/** Sends one batch, and many more after `flood()`, as fast as they are read; then ends the call. */
class FloodingServer implements AsyncDisposable {
  written = 0;
  readonly flooded: Promise<void>;
  readonly address: string;
  readonly tls: RawServer["tls"];
  flood: () => void = () => {};
  readonly #server: RawServer;

  static async start(batches: number): Promise<FloodingServer> {
    const calls = new Recorder<ServerHttp2Stream>();
    return new FloodingServer(await RawServer.start(calls.add), calls, batches);
  }

  private constructor(server: RawServer, calls: Recorder<ServerHttp2Stream>, batches: number) {
    this.#server = server;
    this.address = server.address;
    this.tls = server.tls;
    const woken = new Promise<void>((resolve) => {
      this.flood = resolve;
    });
    this.flooded = this.#send(calls, woken, batches);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }

  async #send(
    calls: Recorder<ServerHttp2Stream>,
    woken: Promise<void>,
    batches: number,
  ): Promise<void> {
    const batch = frameBatch(
      Array.from({ length: batchSize }, () => logEnvelope(new Uint8Array(10_000))),
    );
    await calls.count(1);
    const call = calls.values[0] as ServerHttp2Stream;
    answer(call);
    while (this.written < batches) {
      if (this.written++ === 1) {
        await woken;
      }
      if (!call.write(batch)) {
        await once(call, "drain");
      }
    }
    finish(call, Status.PERMISSION_DENIED);
  }
}

/** A process that reads one batch and then sleeps. */
class SleepingReader implements AsyncDisposable {
  readonly asleep: Promise<unknown>;
  readonly #child: ChildProcess;

  constructor(options: object) {
    this.#child = fork(
      new URL("../testing/sleepingReader.mjs", import.meta.url),
      [JSON.stringify(options)],
      { execArgv: ["--expose-gc"] },
    );
    this.asleep = this.#answer();
  }

  memory(): Promise<{ liveMiB: number; rssMiB: number }> {
    this.#child.send("memory");
    return this.#answer();
  }

  /** Resolves when the stream has ended. */
  wake(): Promise<{ read: number; missed: number; code: number }> {
    this.#child.send("wake");
    return this.#answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.kill();
    await gone;
  }

  async #answer<T>(): Promise<T> {
    const [answer] = await once(this.#child, "message");
    return answer;
  }
}

function numbered(index: number, size = 0): Buffer {
  return frameBatch([logEnvelope(new Uint8Array(size), { timestamp: BigInt(index) })]);
}

function numberOf(batch: Envelope[] | undefined): number {
  return Number(batch?.[0]?.timestamp);
}
