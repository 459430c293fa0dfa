import { type Envelope, logEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { ReadAhead } from "./readAhead.js";

const batch = (size: number, bytes = 0) =>
  Array.from({ length: size }, () => logEnvelope("x".repeat(bytes)));

async function* streamOf(batches: readonly Envelope[][]): AsyncGenerator<Envelope[]> {
  yield* batches;
}

async function total(stream: AsyncIterable<Envelope[]>): Promise<number> {
  let count = 0;
  for await (const envelopes of stream) {
    count += envelopes.length;
  }
  return count;
}

const { signal } = new AbortController();
const onDropped = () => {};

describe("ReadAhead", () => {
  test("yields everything in order if there is room", async () => {
    const envelopes = Array.from({ length: 1_000 }, (_, index) => logEnvelope(String(index)));
    const stream = new ReadAhead(() => streamOf(envelopes.map((envelope) => [envelope])), {
      signal,
      onDropped,
    });
    const got = [];
    for await (const batch of stream) {
      got.push(...batch);
    }
    expect(got).toEqual(envelopes);
  });

  test("drops and counts the oldest beyond its limit, so that received + dropped add up", async () => {
    let resolve = () => {};
    const allRead = new Promise<void>((done) => {
      resolve = done;
    });
    let dropped = 0;
    const stream = new ReadAhead(
      async function* () {
        for (let index = 0; index < 50; index++) {
          yield batch(100, 1_000);
        }
        resolve();
      },
      {
        signal,
        maxBytes: 1_000_000,
        onDropped: (count) => {
          dropped += count;
        },
      },
    );
    let received = 0;
    for await (const envelopes of stream) {
      // A slow consumer.
      await allRead;
      received += envelopes.length;
    }
    expect(dropped).toBeGreaterThan(3_000);
    expect(received).toBeGreaterThan(100);
    expect(received + dropped).toBe(5_000);
  });

  test("keeps the newest batch even if it alone is too large", async () => {
    const stream = new ReadAhead(() => streamOf([batch(1, 1_000_000)]), {
      signal,
      maxBytes: 1_000,
      onDropped,
    });
    expect(await total(stream)).toBe(1);
  });

  test("throws the stream's error after the batches before it", async () => {
    const stream = new ReadAhead(
      async function* () {
        yield batch(3);
        throw new Error("refused");
      },
      { signal, onDropped },
    );
    const iterator = stream[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toHaveLength(3);
    await expect(iterator.next()).rejects.toThrow("refused");
  });

  test("closes a silent stream when the loop is left", async () => {
    let closed = false;
    const stream = new ReadAhead(
      async function* (signal) {
        yield batch(1);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        closed = true;
      },
      { signal, onDropped },
    );
    for await (const _ of stream) {
      break;
    }
    expect(closed).toBe(true);
  });

  test("ends immediately when the signal aborts, with batches left", async () => {
    const session = new AbortController();
    const stream = new ReadAhead(() => streamOf([batch(100), batch(100), batch(100)]), {
      signal: session.signal,
      onDropped,
    });
    let count = 0;
    for await (const envelopes of stream) {
      count += envelopes.length;
      session.abort();
    }
    expect(count).toBe(100);
  });
});
