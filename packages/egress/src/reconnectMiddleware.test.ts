import { once } from "node:events";
import fc from "fast-check";
import { type CallOptions, ClientError, type ClientMiddlewareCall, Status } from "nice-grpc";
import { describe, expect, test } from "vitest";
import { type ReconnectOptions, reconnectMiddleware } from "./index.js";

/** The behaviour of one call: it sends a number of responses, then ends with a status. */
interface Script {
  readonly responses: number;
  readonly status: Status;
}

const path = "/loggregator.v2.Egress/BatchedReceiver";
const quick = { retry: { baseDelayMs: 0.01, maxDelayMs: 0.02 } };
const finalStatuses = [
  Status.INVALID_ARGUMENT,
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
];
const allStatuses = Object.values(Status).filter((status) => typeof status === "number");

/** Responses are numbered consecutively; after the last script, a call ends with a final status. */
function callOf(scripts: readonly Script[], received: CallOptions[] = []) {
  let number = 0;
  const call: ClientMiddlewareCall<string, number> = {
    method: { path, requestStream: false, responseStream: true, options: {} },
    requestStream: false,
    request: "request",
    responseStream: true,
    async *next(request, options) {
      expect(request).toBe("request");
      const { responses, status } = scripts[received.length] ?? {
        responses: 0,
        status: Status.UNIMPLEMENTED,
      };
      received.push(options);
      for (let index = 0; index < responses; index++) {
        yield number++;
      }
      if (status !== Status.OK) {
        throw new ClientError(path, status, "scripted");
      }
    },
  };
  return call;
}

async function run(
  call: ClientMiddlewareCall<string, number>,
  options: ReconnectOptions & CallOptions,
) {
  const responses: number[] = [];
  const reported: { code: Status; attempt: number; delayMs: number }[] = [];
  const read = async () => {
    const onRetryableError = ({ code }: ClientError, attempt: number, delayMs: number) => {
      reported.push({ code, attempt, delayMs });
    };
    const all = reconnectMiddleware(call, { ...quick, ...options, onRetryableError });
    for await (const response of all) {
      responses.push(response as number);
    }
  };
  const error: unknown = await read().catch((error: unknown) => error);
  return { responses, reported, error };
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

describe("reconnectMiddleware", () => {
  test("continues after temporary failures, in order, and reports each", async () => {
    const script = fc.record({
      responses: fc.nat(3),
      status: fc.constantFrom(...allStatuses.filter((status) => !finalStatuses.includes(status))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(script, { maxLength: 20 }), async (scripts) => {
        const { responses, reported, error } = await run(callOf(scripts), {});
        const total = scripts.reduce((sum, { responses }) => sum + responses, 0);
        expect(responses).toEqual(Array.from({ length: total }, (_, index) => index));
        let attempt = 1;
        expect(reported.map(({ code, attempt }) => ({ code, attempt }))).toEqual(
          scripts.map(({ responses, status }) => {
            attempt = responses > 0 ? 1 : attempt;
            // An end with OK is unexpected and counts as UNAVAILABLE.
            return { code: status === Status.OK ? Status.UNAVAILABLE : status, attempt: attempt++ };
          }),
        );
        expect(error).toMatchObject({ code: Status.UNIMPLEMENTED });
      }),
      { numRuns: 50 },
    );
  });

  test("doubles the delay from half the base up to the maximum", async () => {
    const scripts = Array.from({ length: 8 }, () => ({ responses: 0, status: Status.INTERNAL }));
    const { reported } = await run(callOf(scripts), { retry: { baseDelayMs: 1, maxDelayMs: 8 } });
    reported.forEach(({ delayMs }, index) => {
      const longest = Math.min(8, 2 ** index);
      expect(delayMs).toBeGreaterThanOrEqual(longest / 2);
      expect(delayMs).toBeLessThanOrEqual(longest);
    });
    expect(new Set(reported.slice(4).map(({ delayMs }) => delayMs)).size).toBe(4);
  });

  test.each(finalStatuses)("throws status %i unchanged, without a retry", async (status) => {
    const { reported, error } = await run(callOf([{ responses: 0, status }]), {});
    expect(error).toMatchObject({ name: "ClientError", code: status, details: "scripted" });
    expect(reported).toEqual([]);
  });

  test("gives up after maxAttempts without a response", async () => {
    const failing = { responses: 0, status: Status.INTERNAL };
    const scripts = [failing, failing, { ...failing, responses: 1 }, failing, failing, failing];
    const { reported, error, responses } = await run(callOf(scripts), {
      retry: { ...quick.retry, maxAttempts: 2 },
    });
    expect(error).toMatchObject({ code: Status.INTERNAL });
    expect(reported.map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
    expect(responses).toEqual([0]);
    const none = await run(callOf([failing]), { retry: { maxAttempts: 0 } });
    expect(none).toMatchObject({ reported: [], error: { code: Status.INTERNAL } });
  });

  test("reports a callback that rejects as a warning, and continues", async () => {
    const warned = once(process, "warning");
    const failing = { responses: 0, status: Status.INTERNAL };
    const read = async () => {
      const onRetryableError = () => Promise.reject(new Error("the callback failed"));
      for await (const _ of reconnectMiddleware(callOf([failing, failing]), {
        ...quick,
        onRetryableError,
      })) {
        // There are no responses.
      }
    };
    await expect(read()).rejects.toMatchObject({ code: Status.UNIMPLEMENTED });
    const [warning] = (await warned) as [Error];
    expect(warning.message).toContain("onRetryableError failed: Error: the callback failed");
  });

  test("throws other errors, and those of the callback, unchanged", async () => {
    const failure = new Error("not a gRPC error");
    const call = callOf([]);
    const broken = {
      ...call,
      async *next() {
        yield* [];
        throw failure;
      },
    };
    expect((await run(broken, {})).error).toBe(failure);
    const read = async () => {
      const onRetryableError = () => {
        throw failure;
      };
      const scripts = [{ responses: 0, status: Status.INTERNAL }];
      for await (const _ of reconnectMiddleware(callOf(scripts), { onRetryableError })) {
      }
    };
    await expect(read()).rejects.toBe(failure);
  });

  test("ends a wait with the AbortError when the signal aborts", async () => {
    const abort = new AbortController();
    const scripts = [{ responses: 0, status: Status.INTERNAL }];
    const all = reconnectMiddleware(callOf(scripts), {
      retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
      signal: abort.signal,
      onRetryableError: () => setImmediate(() => abort.abort()),
    });
    expect(isAbortError(await all.next().catch((error: unknown) => error))).toBe(true);
  });

  test("ends with the AbortError, and reports nothing, if a call fails after the abort", async () => {
    const abort = new AbortController();
    abort.abort();
    const scripts = [{ responses: 0, status: Status.PERMISSION_DENIED }];
    const { reported, error } = await run(callOf(scripts), { signal: abort.signal });
    expect(isAbortError(error)).toBe(true);
    expect(reported).toEqual([]);
  });

  test("closes the call when the consumer leaves the loop", async () => {
    let closed = false;
    const endless = {
      ...callOf([]),
      async *next() {
        try {
          for (;;) {
            yield 1;
          }
        } finally {
          closed = true;
        }
      },
    };
    for await (const _ of reconnectMiddleware(endless, {})) {
      break;
    }
    expect(closed).toBe(true);
  });

  test("removes its own options, and passes other kinds of calls through", async () => {
    const received: CallOptions[] = [];
    const { signal } = new AbortController();
    await run(callOf([], received), { signal });
    expect(received).toEqual([{ signal }]);

    const unary: ClientMiddlewareCall<string, string> = {
      method: { path, requestStream: false, responseStream: false, options: {} },
      requestStream: false,
      request: "request",
      responseStream: false,
      // biome-ignore lint/correctness/useYield: unary calls yield nothing.
      async *next(_, options) {
        received.push(options);
        throw new ClientError(path, Status.UNAVAILABLE, "scripted");
      },
    };
    const result = reconnectMiddleware(unary, { ...quick, signal }).next();
    await expect(result).rejects.toMatchObject({ code: Status.UNAVAILABLE });
    expect(received[1]).toEqual({ signal });
  });
});
