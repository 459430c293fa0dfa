import { inspect } from "node:util";
import { TokenError, type TokenRequest } from "@loggregator/auth";
import { FakeGateway, take, takeUntilError } from "@loggregator/testing";
import { describe, expect, test } from "vitest";
import { clientOf, notFound, script, send } from "../testing/scriptedClient.js";
import { RlpGatewayClient, type RlpGatewayClientOptions } from "./rlpGatewayClient.js";

describe("a token", () => {
  test("is refreshed once if the gateway refuses it", async () => {
    const asked: TokenRequest[] = [];
    await using gateway = await FakeGateway.start(notFound);
    const token = (tokenRequest: TokenRequest) => `token-${asked.push(tokenRequest)}`;
    const { stream, retries } = clientOf(gateway, { token });
    const { error } = await takeUntilError(stream);
    expect(error).toMatchObject({ name: "GatewayResponseError", status: 404, code: "not_found" });
    expect((error as Error).message).toContain("token is missing, expired");
    expect(asked.map(({ refresh }) => refresh)).toEqual([false, true]);
    expect(gateway.connections.map(({ request }) => request.headers.authorization)).toEqual([
      "bearer token-1",
      "bearer token-2",
    ]);
    expect(retries).toEqual([]);
  });

  test("that expires is refreshed each time", async () => {
    let valid = "token-1";
    await using gateway = await FakeGateway.start(async (c) => {
      if (c.request.headers.authorization !== `bearer ${valid}`) {
        return c.fail(401, "x", "y");
      }
      await c.open().send(valid);
      valid = `token-${Number(valid.slice(6)) + 1}`;
      return c.closeStream();
    });
    let current = 1;
    const token = ({ refresh }: TokenRequest) => {
      if (refresh) {
        current += 1;
      }
      return Promise.resolve(`token-${current}`);
    };
    const { stream } = clientOf(gateway, { token });
    expect(await take(stream, 3)).toEqual(["token-1", "token-2", "token-3"]);
    expect(gateway.connections).toHaveLength(5);
  });

  test("is requested again if its function fails, and ends the stream after a final TokenError", async () => {
    await using gateway = await FakeGateway.start(send("a"));
    const cause = new Error("token server down");
    let asked = 0;
    const token = () => {
      asked += 1;
      if (asked < 3) {
        throw cause;
      }
      return "t";
    };
    const { stream, retries } = clientOf(gateway, { token });
    expect(await take(stream, 1)).toEqual(["a"]);
    expect(retries.map(({ error }) => error.cause)).toEqual([cause, cause]);

    const final = new TokenError("no such client", { retryable: false });
    const other = clientOf(gateway, { token: () => Promise.reject(final) });
    expect((await takeUntilError(other.stream)).error).toBe(final);
    const wrong = clientOf(gateway, { token: () => "two words" });
    expect((await takeUntilError(wrong.stream)).error).toMatchObject({ name: "TokenError" });
  });

  test("is sent with the prefix bearer in lower case; without a token, no header is sent", async () => {
    await using gateway = await FakeGateway.start(send("a"));
    for (const token of ["Bearer abc", () => "bearer abc\n", undefined]) {
      await take(clientOf(gateway, { token }).stream, 1);
    }
    expect(gateway.connections.map(({ request }) => request.headers.authorization)).toEqual([
      "bearer abc",
      "bearer abc",
      undefined,
    ]);
  });

  test("appears in no error, log line or URL, even if the server repeats it", async () => {
    const secret = "s3cr3t-t0k3n/with+more=";
    const reported: unknown[] = [];
    const record = (message: string) => reported.push(message);
    const echo = `you sent ${secret}`;
    await using gateway = await FakeGateway.start(
      script(
        (c) => c.fail(500, secret, echo),
        (c) => c.answer(503, "text/plain", echo),
        async (c) => {
          await c.open().write("data: {broken\n\n");
          await c.cut();
        },
        (c) => c.open(),
        (c) => c.answer(400, "text/html", echo),
      ),
    );
    const options: Partial<RlpGatewayClientOptions> = {
      heartbeatTimeoutMs: 50,
      logger: { debug: record, info: record, warn: record, error: record },
      onRetryableError: (...all) => reported.push(all),
      onInvalidEvent: (error) => reported.push(error),
    };
    reported.push(
      (await takeUntilError(clientOf(gateway, { ...options, token: secret }).stream)).error,
    );
    await using refusing = await FakeGateway.start((c) => c.fail(404, "x", echo));
    for (const token of [() => `${secret}\nx`, () => secret, async () => `${secret} x`]) {
      reported.push((await takeUntilError(clientOf(refusing, { ...options, token }).stream)).error);
    }
    for (const wrong of [`${secret} x`, `${secret}\n x`]) {
      try {
        new RlpGatewayClient({ url: gateway.url, token: wrong });
      } catch (error) {
        reported.push(error);
      }
    }
    reported.push(gateway.connections.map(({ request }) => request.url));
    expect(reported.length).toBeGreaterThan(15);
    const everything = inspect(reported, {
      depth: Infinity,
      showHidden: true,
      maxStringLength: null,
    });
    expect(everything).toContain("[redacted]");
    expect(everything).not.toContain("s3cr3t");
  });
});
