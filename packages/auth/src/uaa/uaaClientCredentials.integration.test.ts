import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TokenError } from "../errors.js";
import { uaaClientCredentials } from "./uaaClientCredentials.js";

const clientSecret = "s3cr3t & more";

/** A UAA on loopback that records its requests. */
async function startUaa(answer: (response: ServerResponse, index: number) => unknown) {
  const requests: { request: IncomingMessage; form: URLSearchParams }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = await request.toArray();
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    answer(response, requests.push({ request, form }) - 1);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Responds with the tokens 0, 1, 2 … */
function grant(expiresIn: number | undefined) {
  return (response: ServerResponse, index: number) =>
    json(response, 200, {
      access_token: `token-${index}`,
      token_type: "bearer",
      expires_in: expiresIn,
    });
}

afterEach(() => {
  vi.useRealTimers();
});

describe("token functions with UAA client credentials", () => {
  test("send the request that UAA expects", async () => {
    await using uaa = await startUaa(grant(600));
    const token = uaaClientCredentials({ url: `${uaa.url}/uaa/`, clientId: "c-1", clientSecret });
    expect(await token()).toBe("token-0");
    const [{ request, form } = {} as (typeof uaa.requests)[0]] = uaa.requests;
    expect(request.method).toBe("POST");
    expect(request.url).toBe("/uaa/oauth/token");
    expect(request.headers.accept).toBe("application/json");
    expect(Object.fromEntries(form)).toEqual({
      grant_type: "client_credentials",
      client_id: "c-1",
      client_secret: clientSecret,
    });
  });

  test("keep the token until a minute before it expires", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    await using uaa = await startUaa(grant(600));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    expect(await token()).toBe("token-0");
    vi.setSystemTime(539_000);
    expect(await token()).toBe("token-0");
    vi.setSystemTime(541_000);
    expect(await token()).toBe("token-1");
  });

  test("keep a short-lived token for half of its lifetime, and one without expiry forever", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 0 });
    await using uaa = await startUaa((response, index) =>
      grant(index === 0 ? 10 : undefined)(response, index),
    );
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    await token();
    vi.setSystemTime(4_900);
    expect(await token()).toBe("token-0");
    vi.setSystemTime(5_100);
    expect(await token()).toBe("token-1");
    vi.setSystemTime(1e12);
    expect(await token()).toBe("token-1");
  });

  test("request another token if the gateway refused the last one", async () => {
    await using uaa = await startUaa(grant(600));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    expect(await token()).toBe("token-0");
    expect(await token({ refresh: true })).toBe("token-1");
    expect(await token()).toBe("token-1");
  });

  test("share one request among concurrent callers, one of which aborts", async () => {
    await using uaa = await startUaa(grant(600));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    const abort = new AbortController();
    const left = token({ signal: abort.signal });
    const others = Promise.all([token(), token({ refresh: true }), token()]);
    abort.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    expect(await others).toEqual(["token-0", "token-0", "token-0"]);
    expect(uaa.requests).toHaveLength(1);
  });

  test("close the request if the last caller aborts, and send another one for the next", async () => {
    let onRequest = () => {};
    const requested = new Promise<void>((resolve) => {
      onRequest = resolve;
    });
    await using uaa = await startUaa((response, index) =>
      index === 0 ? onRequest() : grant(600)(response, index),
    );
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    const abort = new AbortController();
    const left = token({ signal: abort.signal });
    await requested;
    const socket = uaa.requests[0]?.request.socket as Socket;
    const closed = once(socket, "close");
    abort.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    await closed;
    expect(await token()).toBe("token-1");
  });

  test("fail with UAA's error, and whether it is retryable", async () => {
    let status = 401;
    await using uaa = await startUaa((response) => {
      response.setHeader("www-authenticate", 'Basic realm="UAA/client", error="unauthorized"');
      json(response, status, { error: "unauthorized", error_description: "Bad credentials" });
    });
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    const error = await token().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ status: 401, code: "unauthorized", retryable: false });
    expect((error as Error).message).toMatch(/client "c": got 401 unauthorized Bad credentials$/);
    for (status of [429, 500, 503]) {
      await expect(token()).rejects.toMatchObject({ name: "TokenError", status, retryable: true });
    }
  });

  test("fail with a retryable error if UAA does not respond or cannot be reached", async () => {
    const uaa = await startUaa(() => {});
    const options = { url: uaa.url, clientId: "c", clientSecret, timeoutMs: 20 };
    const token = uaaClientCredentials(options);
    await expect(token()).rejects.toMatchObject({ name: "TokenError", retryable: true });
    await uaa[Symbol.asyncDispose]();
    const error = await token().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "TokenError", retryable: true });
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  test("show no secret and no token in their errors", async () => {
    const accessToken = "t0k3n-0123456789";
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => json(response, 401, { error: clientSecret, error_description: clientSecret }),
      (response) => json(response, 500, clientSecret),
      (response) =>
        json(response, 401, {
          error: "invalid_client",
          error_description: `client_secret=${encodeURIComponent(clientSecret)} is wrong`,
        }),
      (response) =>
        json(response, 401, { error: new URLSearchParams({ clientSecret }).toString() }),
      (response) =>
        json(response, 401, { error: btoa(`c:${clientSecret}`), error_description: "no" }),
      (response) =>
        response.writeHead(400, { location: `/?refresh_token=${accessToken}` }).end(accessToken),
      (response) =>
        json(response, 400, { error: "x", error_description: `refresh_token=${accessToken}` }),
      (response) => json(response, 200, { access_token: accessToken }),
      (response) => json(response, 200, { access_token: accessToken, token_type: "mac" }),
      (response) => json(response, 200, { access_token: 7, token_type: accessToken }),
      (response) => response.end(`not JSON: ${accessToken}`),
      (response) => response.destroy(),
    ];
    await using uaa = await startUaa((response, index) => answers[index]?.(response));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    for (const _ of answers) {
      const error = await token().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TokenError);
      const text = inspect(error, { depth: Infinity, showHidden: true, maxStringLength: null });
      expect(text).not.toMatch(/s3cr3t|t0k3n/);
      expect(text).not.toContain(btoa(`c:${clientSecret}`).slice(4, -4));
    }
    expect(uaa.requests).toHaveLength(answers.length);
  });

  test("send an empty secret, which the cf client has", async () => {
    await using uaa = await startUaa(grant(600));
    expect(await uaaClientCredentials({ url: uaa.url, clientId: "cf", clientSecret: "" })()).toBe(
      "token-0",
    );
    expect(Object.fromEntries(uaa.requests[0]?.form ?? [])).toEqual({
      grant_type: "client_credentials",
      client_id: "cf",
      client_secret: "",
    });
  });

  test.each<[string, number, Record<string, string>, string]>([
    ["a 404 of Cloud Foundry's router", 404, { "x-cf-routererror": "unknown_route" }, "404 Not"],
    ["a 408", 408, {}, ""],
    ["a 425", 425, {}, ""],
    ["a 429", 429, {}, ""],
    ["a 502 with a page", 502, { "content-type": "text/html" }, "<h1>Bad gateway</h1>"],
  ])("fail with a retryable error after %s", async (_, status, headers, body) => {
    await using uaa = await startUaa((response) => response.writeHead(status, headers).end(body));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    await expect(token()).rejects.toMatchObject({ name: "TokenError", status, retryable: true });
  });

  test.each<[string, number, string]>([
    ["UAA's own refusal", 401, '{"error":"unauthorized","error_description":"Bad credentials"}'],
    ["a grant type that the client lacks", 400, '{"error":"invalid_grant"}'],
    ["a page that is not UAA's", 404, "<h1>Not found</h1>"],
    ["a login page", 200, "<h1>Log in</h1>"],
    ["a redirect", 302, ""],
  ])("fail with a final error before the first success, after %s", async (_, status, body) => {
    await using uaa = await startUaa((response) => response.writeHead(status).end(body));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    await expect(token()).rejects.toMatchObject({ name: "TokenError", status, retryable: false });
  });

  test("treat only UAA's refusal as final after a success", async () => {
    const answers: [number, string, boolean][] = [
      [404, "<h1>Not found</h1>", true],
      [401, "", true],
      [302, "", true],
      [200, "<h1>Maintenance</h1>", true],
      [401, '{"error":"unauthorized"}', false],
    ];
    await using uaa = await startUaa((response, index) => {
      const [status = 0, body = ""] = answers[index - 1] ?? [];
      if (index === 0) {
        grant(0)(response, index);
      } else {
        response.writeHead(status).end(body);
      }
    });
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    await token();
    for (const [status, , retryable] of answers) {
      await expect(token()).rejects.toMatchObject({ status, retryable });
    }
  });

  test("report Retry-After", async () => {
    await using uaa = await startUaa((response) =>
      response.writeHead(429, { "retry-after": "7" }).end(),
    );
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    await expect(token()).rejects.toMatchObject({ status: 429, retryAfterMs: 7_000 });
  });

  test("do not send the secret to another server, and show no token of a redirect", async () => {
    await using other = await startUaa(grant(600));
    for (const status of [301, 302, 303, 307, 308]) {
      await using uaa = await startUaa((response) =>
        response.writeHead(status, { location: `${other.url}/login?code=t0k3n#t0k3n` }).end(),
      );
      const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
      const error = (await token().catch((reason: unknown) => reason)) as TokenError;
      expect(error.message).toContain(`got a redirect ${status} to ${other.url}/login`);
      expect(error.message).not.toContain("t0k3n");
    }
    expect(other.requests).toEqual([]);
  });

  test.each([
    ["whose body stalls", (response: ServerResponse) => response.write('{"access_')],
    [
      "whose body is cut off",
      (response: ServerResponse) => response.write('{"access_', () => response.destroy()),
    ],
  ])("fail with a retryable error after a response %s", async (_, answer) => {
    await using uaa = await startUaa((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      answer(response);
    });
    const options = { url: uaa.url, clientId: "c", clientSecret, timeoutMs: 200 };
    await expect(uaaClientCredentials(options)()).rejects.toMatchObject({
      name: "TokenError",
      retryable: true,
    });
  });

  test("time out with a specific message", async () => {
    await using uaa = await startUaa(() => {});
    const options = { url: uaa.url, clientId: "c", clientSecret, timeoutMs: 20 };
    await expect(uaaClientCredentials(options)()).rejects.toThrow(/: no answer within 20 ms$/);
  });

  test("do not keep a token whose lifetime is malformed", async () => {
    await using uaa = await startUaa((response, index) =>
      json(response, 200, {
        access_token: `token-${index}`,
        token_type: "Bearer",
        expires_in: ["soon", -1, {}][index],
      }),
    );
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    expect([await token(), await token(), await token()]).toEqual([
      "token-0",
      "token-1",
      "token-2",
    ]);
  });

  test.each<[string, object, RegExp]>([
    ["a URL without scheme", { url: "uaa" }, /^url must be an http or https URL, got "uaa"/],
    ["an empty client id", { clientId: "" }, /^clientId must be a non-empty string, got ""/],
    ["a number as the secret", { clientSecret: 7 }, /^clientSecret must be a string, got number/],
    ["no secret", { clientSecret: undefined }, /^clientSecret must be a string, got undefined/],
    ["a negative timeout", { timeoutMs: -1 }, /^timeoutMs must be .*-1/],
    ["a timeout that timers cannot wait", { timeoutMs: 2 ** 31 }, /^timeoutMs must be/],
    ["an object as fetch", { fetch: {} }, /^fetch must be a function/],
    ["a misspelled option", { clientSecert: "s" }, /"clientSecert"; did you mean "clientSecret"/],
  ])("rejects %s", (_, wrong, message) => {
    const options = { url: "https://uaa.example", clientId: "c", clientSecret, ...wrong };
    expect(() => uaaClientCredentials(options)).toThrow(message);
    expect(() => uaaClientCredentials(options)).not.toThrow(/s3cr3t/);
  });
});
