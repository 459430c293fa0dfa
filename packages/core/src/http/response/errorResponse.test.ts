import { expect, test } from "vitest";
import type { FetchResponse } from "../fetch.js";
import { redactor } from "../redactor.js";
import { readErrorResponse } from "./errorResponse.js";
import { quote } from "./quote.js";

const kibibyte = 1024;
const { signal } = new AbortController();
const redact = redactor();
const url = "https://example.com/path";

function responseOf(body: FetchResponse["body"] | string): FetchResponse {
  return { status: 500, headers: new Headers(), body: new Response(body as never).body };
}

/** A body whose reads return the results of `read`. Records whether it was cancelled. */
function bodyOf(read: (index: number) => Promise<{ done: boolean; value?: Uint8Array }>) {
  const state = { reads: 0, cancelled: false };
  const reader = {
    read: () => read(state.reads++),
    cancel: async () => {
      state.cancelled = true;
    },
  };
  const response = { status: 500, headers: new Headers(), body: { getReader: () => reader } };
  return { state, response };
}

test("the fields of a JSON object are read, and its text is kept", async () => {
  const text = '{"message":"not\\nnow","error":"x","status":500}';
  const answer = await readErrorResponse(responseOf(text), url, redact, signal);
  expect(answer.facts.body).toBe(text);
  expect([answer.field("error"), answer.field("message")]).toEqual(["x", "not now"]);
  expect([answer.field("status"), answer.field("toString")]).toEqual([undefined, undefined]);
});

test.each(["", "[1]", "null", "{", '"error"', "<html>"])("%j has no fields", async (text) => {
  const answer = await readErrorResponse(responseOf(text), url, redact, signal);
  expect(answer.facts.body).toBe(text);
  expect(answer.field("error")).toBeUndefined();
});

test("at most 64 KiB are kept, truncated between characters", async () => {
  const { facts } = await readErrorResponse(responseOf("€".repeat(50_000)), url, redact, signal);
  expect(facts.body).toBe("€".repeat(Math.floor((64 * kibibyte) / 3)));
});

test("an endless body is cancelled after about 64 KiB", async () => {
  const { state, response } = bodyOf(async () => ({
    done: false,
    value: Buffer.alloc(kibibyte, "x"),
  }));
  const { facts } = await readErrorResponse(response, url, redact, signal);
  expect(facts.body).toHaveLength(64 * kibibyte);
  expect(state).toEqual({ reads: 80, cancelled: true });
});

test("stops reading a body of empty chunks", async () => {
  const { response } = bodyOf(async () => ({ done: false, value: new Uint8Array() }));
  expect((await readErrorResponse(response, url, redact, signal)).facts.body).toBe("");
});

test("keeps the received part of a body that stalls, and cancels it", async () => {
  const { state, response } = bodyOf((index) =>
    index === 0
      ? Promise.resolve({ done: false, value: Buffer.from("so far") })
      : new Promise(() => {}),
  );
  expect((await readErrorResponse(response, url, redact, signal)).facts.body).toBe("so far");
  expect(state.cancelled).toBe(true);
});

test("keeps the received part of a body that is cut off", async () => {
  const { response } = bodyOf((index) =>
    index === 0
      ? Promise.resolve({ done: false, value: Buffer.from("so far") })
      : Promise.reject(new Error("reset")),
  );
  expect((await readErrorResponse(response, url, redact, signal)).facts.body).toBe("so far");
});

test("no part of a secret near the end of the kept text is kept", async () => {
  const secret = "0123456789-abcdefghij";
  for (let shown = -1; shown <= secret.length + 1; shown++) {
    const text = "x".repeat(64 * kibibyte - shown) + secret + "x".repeat(shown % 2 ? 0 : 100_000);
    const answer = await readErrorResponse(responseOf(text), url, redactor(secret), signal);
    expect(answer.facts.body).not.toMatch(/0123|ghij/);
  }
});

test("no part of a secret is kept if the body is cut off within it", async () => {
  const secret = "0123456789-abcdefghij";
  for (let length = 3; length < secret.length; length++) {
    const { response } = bodyOf((index) =>
      index === 0
        ? Promise.resolve({ done: false, value: Buffer.from(`echo ${secret.slice(0, length)}`) })
        : Promise.reject(new Error("reset")),
    );
    const { facts } = await readErrorResponse(response, url, redactor(secret), signal);
    expect(facts.body).not.toMatch(/012/);
  }
});

test("quoted text is one line of at most 200 characters", () => {
  expect(quote("a\r\n\u001b[31mb", redact)).toBe("a [31mb");
  expect(quote("x".repeat(1_000), redact)).toBe(`${"x".repeat(200)}…`);
});
