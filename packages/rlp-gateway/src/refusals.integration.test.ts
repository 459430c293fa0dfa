import { selectLog } from "@loggregator/api";
import type { TokenRequest } from "@loggregator/auth";
import { FakeGateway, type GatewayConnection, take, takeUntilError } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { clientOf, notFound, request, script, send } from "../testing/scriptedClient.js";
import { GatewayResponseError } from "./errors.js";
import { RlpGatewayClient } from "./rlpGatewayClient.js";

const sendAndCut = (text: string) => async (connection: GatewayConnection) => {
  await connection.open().send(text);
  await connection.cut();
};
const routerNotFound = (connection: GatewayConnection) =>
  connection.answer(
    404,
    "text/plain; charset=utf-8",
    "404 Not Found: Requested route ('log-stream.example.com') does not exist.\n",
    { "x-cf-routererror": "unknown_route" },
  );

describe("Cloud Foundry's router", () => {
  test.each<[string, (connection: GatewayConnection) => unknown]>([
    ["404 for a route that does not exist", routerNotFound],
    [
      "404 without its header, as seen by a page of another origin",
      (c) => c.answer(404, "text/plain", "404 Not Found: Requested route ('x') does not exist.\n"),
    ],
    [
      "401 from the router itself",
      (c) => c.answer(401, "text/plain", "", { "X-CF-RouterError": "route_service" }),
    ],
    [
      "503 without an endpoint",
      (c) => c.answer(503, "text/plain", "", { "X-Cf-RouterError": "no_endpoints" }),
    ],
  ])("with a response %s is retried, before and after the gateway accepted", async (_, answer) => {
    await using gateway = await FakeGateway.start(
      script(answer, answer, sendAndCut("a"), answer, answer, send("b")),
    );
    const requests: TokenRequest[] = [];
    const token = (tokenRequest: TokenRequest) => `token-${requests.push(tokenRequest)}`;
    const { stream, retries } = clientOf(gateway, { token });
    expect(await take(stream, 2)).toEqual(["a", "b"]);
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2, 3]);
    // The router does not check tokens.
    expect(requests.some(({ refresh }) => refresh)).toBe(false);
    expect(retries[0]?.error).toMatchObject({ routerError: expect.stringMatching(/^\w+$/) });
    expect(retries[0]?.error.message).toMatch(/router/);
    expect(retries[0]?.error.message).not.toMatch(/token/);
  });

  test("does not hide the gateway's own refusal, which follows", async () => {
    await using gateway = await FakeGateway.start(script(routerNotFound, notFound));
    const { stream, retries } = clientOf(gateway);
    const { error } = await takeUntilError(stream);
    expect(error).toMatchObject({ status: 404, code: "not_found", routerError: undefined });
    expect(retries).toHaveLength(1);
  });
});

describe("a stream that was accepted once", () => {
  test.each([401, 403, 404, 410, 200, 302])(
    "retries %i with backoff, like any failure",
    async (status) => {
      const refuse = (connection: GatewayConnection) =>
        connection.answer(status, "text/html", "not now");
      await using gateway = await FakeGateway.start(
        script(sendAndCut("a"), refuse, refuse, refuse, send("b")),
      );
      const { stream, retries } = clientOf(gateway);
      expect(await take(stream, 2)).toEqual(["a", "b"]);
      expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    },
  );

  test.each([401, 404])("requests a fresh token for each %i", async (status) => {
    const refuse = (connection: GatewayConnection) => connection.fail(status, "x", "UAA is away");
    await using gateway = await FakeGateway.start(
      script(sendAndCut("a"), refuse, refuse, refuse, send("b")),
    );
    const refreshes: boolean[] = [];
    const token = ({ refresh }: TokenRequest) => `token-${refreshes.push(refresh)}`;
    const { stream } = clientOf(gateway, { token });
    expect(await take(stream, 2)).toEqual(["a", "b"]);
    expect(refreshes).toEqual([false, false, true, true, true]);
    expect(gateway.connections.map(({ request }) => request.headers.authorization)).toEqual(
      [1, 2, 3, 4, 5].map((number) => `bearer token-${number}`),
    );
  });

  test("gives up after retry.maxAttempts refusals, with the last one as the cause", async () => {
    await using gateway = await FakeGateway.start(script(sendAndCut("a"), notFound));
    const { stream } = clientOf(gateway, { retry: { baseDelayMs: 1, maxAttempts: 3 } });
    const { taken, error } = await takeUntilError(stream);
    expect(taken).toEqual(["a"]);
    expect(error).toMatchObject({
      name: "RetriesExhaustedError",
      attempts: 4,
      cause: { name: "GatewayResponseError", status: 404 },
    });
  });

  test("ends with a 400, as the request is invalid", async () => {
    const invalid = (connection: GatewayConnection) => connection.fail(400, "empty_query", "empty");
    await using gateway = await FakeGateway.start(script(sendAndCut("a"), invalid));
    const { error } = await takeUntilError(clientOf(gateway).stream);
    expect(error).toMatchObject({ name: "GatewayResponseError", status: 400 });
  });

  test("counts as new in each iteration, whose first refusal is final", async () => {
    await using gateway = await FakeGateway.start(script(send("a"), notFound));
    const { stream } = clientOf(gateway);
    expect(await take(stream, 1)).toEqual(["a"]);
    expect((await takeUntilError(stream)).error).toBeInstanceOf(GatewayResponseError);
  });
});

describe("a status that is not known to be final", () => {
  test.each([408, 409, 418, 425, 429, 499, 500, 502, 503, 504, 520, 599])(
    "such as %i is retried, also before the first success",
    async (status) => {
      const fail = (connection: GatewayConnection) =>
        connection.answer(status, "text/html", "<h1>no</h1>");
      await using gateway = await FakeGateway.start(script(fail, sendAndCut("a"), fail, send("b")));
      const { stream, retries } = clientOf(gateway);
      expect(await take(stream, 2)).toEqual(["a", "b"]);
      expect(retries).toHaveLength(3);
    },
  );

  test("is retried indefinitely by default", async () => {
    const failures = 40;
    await using gateway = await FakeGateway.start((connection, index) =>
      index < failures ? connection.fail(503, "x", "y") : send("a")(connection),
    );
    const { stream, retries } = clientOf(gateway);
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: failures }, (_, index) => index + 1),
    );
  });
});

describe("Retry-After", () => {
  test.each<[string, () => string]>([
    ["in seconds", () => "1"],
    ["as a date", () => new Date(Date.now() + 2_000).toUTCString()],
  ])("%s is the minimum delay", async (_, header) => {
    await using gateway = await FakeGateway.start(
      script((c) => c.answer(429, "text/plain", "", { "retry-after": header() }), send("a")),
    );
    const { stream, retries } = clientOf(gateway);
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries[0]?.error).toMatchObject({ retryAfterMs: retries[0]?.delayMs });
    expect(retries[0]?.delayMs).toBeGreaterThan(500);
    expect(retries[0]?.delayMs).toBeLessThanOrEqual(2_000);
  });

  test.each([
    [8, 60_000],
    [90_000, 90_000],
  ])("of a day is limited with retry.maxDelayMs %i to %i ms", async (maxDelayMs, delayMs) => {
    const abort = new AbortController();
    await using gateway = await FakeGateway.start((c) =>
      c.answer(503, "text/plain", "", { "retry-after": "86400" }),
    );
    const delays: number[] = [];
    const { client } = clientOf(gateway, {
      retry: { baseDelayMs: 1, maxDelayMs },
      onRetryableError: (_error, _attempt, delay) => {
        delays.push(delay);
        abort.abort();
      },
    });
    expect(await take(client.stream(request, { signal: abort.signal }), 1)).toEqual([]);
    expect(delays).toEqual([delayMs]);
  });

  test("that is in the past or malformed does not change the backoff", async () => {
    await using gateway = await FakeGateway.start(
      script(
        (c) => c.answer(503, "text/plain", "", { "retry-after": "soon" }),
        (c) => c.answer(503, "text/plain", "", { "retry-after": new Date(0).toUTCString() }),
        send("a"),
      ),
    );
    const { stream, retries } = clientOf(gateway);
    expect(await take(stream, 1)).toEqual(["a"]);
    for (const { delayMs } of retries) {
      expect(delayMs).toBeLessThanOrEqual(2);
    }
  });
});

describe("a refusal", () => {
  test("of the path requests no fresh token", async () => {
    await using gateway = await FakeGateway.start((c) =>
      c.answer(404, "text/plain; charset=utf-8", "404 page not found\n"),
    );
    let calls = 0;
    const token = () => `token-${calls++}`;
    const { error } = await takeUntilError(clientOf(gateway, { token }).stream);
    expect(error).toMatchObject({ status: 404, code: undefined, body: "404 page not found\n" });
    expect((error as Error).message).toMatch(/no log stream at this path.*without \/v2\/read/);
    expect((error as Error).message).not.toMatch(/token/);
    expect(calls).toBe(1);
  });

  test("of the token explains the rights of ordinary users' tokens", async () => {
    await using gateway = await FakeGateway.start(notFound);
    const { error } = await takeUntilError(clientOf(gateway).stream);
    expect((error as Error).message).toMatch(/token is missing, expired.*ordinary users.*GUIDs/);
  });

  test("of a server that is not a gateway is explained", async () => {
    await using gateway = await FakeGateway.start((c) => c.answer(404, "text/html", "<h1>no</h1>"));
    const { error } = await takeUntilError(clientOf(gateway).stream);
    expect((error as Error).message).toMatch(
      /got 404 text\/html; this is not the response of a gateway/,
    );
  });

  test("contains only the beginning of a long URL", async () => {
    await using gateway = await FakeGateway.start((c) => c.fail(431, "x", "too long"));
    const selectors = Array.from({ length: 100 }, (_, n) => selectLog({ sourceId: `app-${n}` }));
    const stream = clientOf(gateway).client.stream({ selectors });
    const { error } = await takeUntilError(stream);
    expect((error as Error).message).toMatch(
      /source_id=app-1.*… \(\d+ characters\).*fewer sources/,
    );
    expect((error as Error).message.length).toBeLessThan(500);
  });

  test.each([301, 302, 303, 307, 308])(
    "with the redirect %i is final, and the token stays with the gateway",
    async (status) => {
      await using elsewhere = await FakeGateway.start(send("stolen"));
      await using gateway = await FakeGateway.start((c) =>
        c.answer(status, "text/html", "moved", {
          location: `${elsewhere.url}/v2/read?log&access_token=s3cr3t-t0k3n#id_token=s3cr3t-t0k3n`,
        }),
      );
      const { error } = await takeUntilError(clientOf(gateway, { token: "s3cr3t-t0k3n" }).stream);
      expect(error).toMatchObject({ name: "GatewayResponseError", status });
      expect((error as Error).message).toContain(
        `got a redirect ${status} to ${elsewhere.url}/v2/read; redirects are not followed`,
      );
      expect(elsewhere.connections).toEqual([]);
    },
  );

  test("by a redirect is recognized in browsers, which hide its status and location", async () => {
    const client = new RlpGatewayClient({
      url: "https://gateway.example",
      fetch: async () => ({
        status: 0,
        type: "opaqueredirect",
        headers: new Headers(),
        body: null,
      }),
    });
    const { error } = await takeUntilError(client.stream(request));
    expect(error).toMatchObject({ name: "GatewayResponseError", status: 0 });
    expect((error as Error).message).toContain("got a redirect; redirects are not followed");
  });

  test("whose body stalls is reported as a refusal, not as a silent stream", async () => {
    await using gateway = await FakeGateway.start((c) => c.hang(400, "what"));
    const { stream } = clientOf(gateway, { heartbeatTimeoutMs: 100 });
    const { error } = await takeUntilError(stream);
    expect(error).toMatchObject({ name: "GatewayResponseError", status: 400, body: "what" });
    await gateway.connections[0]?.closed;
  });

  test("whose body stalls does not delay an abort", async () => {
    const abort = new AbortController();
    await using gateway = await FakeGateway.start((c) => {
      c.hang(400, "what");
      abort.abort();
    });
    const { client } = clientOf(gateway);
    expect(await take(client.stream(request, { signal: abort.signal }), 1)).toEqual([]);
    await gateway.connections[0]?.closed;
  });
});

test("streams beyond the gateway's limit, which end immediately, are retried with growing delays", async () => {
  await using gateway = await FakeGateway.start((connection, index) =>
    index < 6 ? connection.open().end() : send("a")(connection),
  );
  const { stream, retries } = clientOf(gateway, { retry: { baseDelayMs: 2, maxDelayMs: 1_000 } });
  expect(await take(stream, 1)).toEqual(["a"]);
  expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const { delayMs, attempt } of retries) {
    expect(delayMs).toBeGreaterThanOrEqual(2 ** (attempt - 1));
  }
  expect(retries[0]?.error.message).toMatch(/more streams are open than the gateway allows/);
});

test("a fetch that does not return a response is a programming error, and not retried", async () => {
  for (const answer of [
    undefined,
    { status: 200, headers: {} },
    { status: 200, headers: new Headers(), body: { pipe() {} } },
  ]) {
    const client = new RlpGatewayClient({
      url: "https://gateway.example",
      fetch: async () => answer as never,
    });
    const { error } = await takeUntilError(client.stream(request));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(
      /^fetch must be a function that resolves to a Response/,
    );
  }
});
