import { type Envelope, logEnvelope } from "@loggregator/api";
import { expect, test } from "vitest";
import { joinEntries } from "./joinEntries.js";

const log = (text: string) => logEnvelope(text, { sourceId: "app" });

test("yields a log when its instance is quiet, while the stream goes on", async () => {
  let end = () => {};
  async function* stream(): AsyncGenerator<Envelope[]> {
    yield [log("Error: x")];
    yield [log("  at a")];
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    yield [log("next")];
  }
  const entries = joinEntries(stream(), () => {});
  expect((await entries.next()).value?.map((entry) => entry.length)).toEqual([2]);
  end();
  expect((await entries.next()).value).toHaveLength(1);
  expect((await entries.next()).done).toBe(true);
});

test("yields held entries before it throws", async () => {
  async function* stream(): AsyncGenerator<Envelope[]> {
    yield [log("x")];
    throw new Error("lost");
  }
  const entries = joinEntries(stream(), () => {});
  expect((await entries.next()).value).toHaveLength(1);
  await expect(entries.next()).rejects.toThrow("lost");
});

test("closes the stream when the loop ends", async () => {
  let closed = false;
  async function* stream(): AsyncGenerator<Envelope[]> {
    try {
      for (;;) {
        yield [log("x")];
      }
    } finally {
      closed = true;
    }
  }
  for await (const _ of joinEntries(stream(), () => {})) {
    break;
  }
  expect(closed).toBe(true);
});

test("ends a stream that it waits for", async () => {
  let stop = () => {};
  async function* stream(): AsyncGenerator<Envelope[]> {
    yield [log("x")];
    await new Promise<void>((resolve) => {
      stop = resolve;
    });
  }
  // The log is yielded while the next batch is awaited.
  for await (const entries of joinEntries(stream(), () => stop())) {
    expect(entries).toHaveLength(1);
    break;
  }
});
