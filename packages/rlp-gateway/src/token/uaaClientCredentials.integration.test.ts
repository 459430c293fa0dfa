import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TokenError } from "../errors.js";
import { uaaClientCredentials } from "./uaaClientCredentials.js";

const clientSecret = "s3cr3t & more";

/** A UAA on loopback that notes what it is asked. */
async function startUaa(answer: (response: ServerResponse, index: number) => unknown) {
  const asked: { request: IncomingMessage; form: URLSearchParams }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = await request.toArray();
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    answer(response, asked.push({ request, form }) - 1);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    asked,
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

/** Answers with the tokens 0, 1, 2 … */
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

describe("UAA client credentials", () => {
  test("ask for a token as UAA expects it", async () => {
    await using uaa = await startUaa(grant(600));
    const token = uaaClientCredentials({ url: `${uaa.url}/uaa/`, clientId: "c-1", clientSecret });
    expect(await token()).toBe("token-0");
    const [{ request, form } = {} as (typeof uaa.asked)[0]] = uaa.asked;
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

  test("keep a short-lived token for half of its life, and one without end for good", async () => {
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

  test("ask anew when the gateway refused the token", async () => {
    await using uaa = await startUaa(grant(600));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    expect(await token()).toBe("token-0");
    expect(await token({ refresh: true })).toBe("token-1");
    expect(await token()).toBe("token-1");
  });

  test("share one request among callers at the same time, and one that leaves", async () => {
    await using uaa = await startUaa(grant(600));
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    const abort = new AbortController();
    const left = token({ signal: abort.signal });
    const others = Promise.all([token(), token({ refresh: true }), token()]);
    abort.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    expect(await others).toEqual(["token-0", "token-0", "token-0"]);
    expect(uaa.asked).toHaveLength(1);
  });

  test("end the request when the last caller leaves, and ask again for the next", async () => {
    let onAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      onAsked = resolve;
    });
    await using uaa = await startUaa((response, index) =>
      index === 0 ? onAsked() : grant(600)(response, index),
    );
    const token = uaaClientCredentials({ url: uaa.url, clientId: "c", clientSecret });
    const abort = new AbortController();
    const left = token({ signal: abort.signal });
    await asked;
    const socket = uaa.asked[0]?.request.socket as Socket;
    const closed = once(socket, "close");
    abort.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    await closed;
    expect(await token()).toBe("token-1");
  });

  test("fail with what UAA says, and with whether a retry helps", async () => {
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

  test("fail, for a retry, when UAA does not answer or can't be reached", async () => {
    const uaa = await startUaa(() => {});
    const options = { url: uaa.url, clientId: "c", clientSecret, timeoutMs: 20 };
    const token = uaaClientCredentials(options);
    await expect(token()).rejects.toMatchObject({ name: "TokenError", retryable: true });
    await uaa[Symbol.asyncDispose]();
    const error = await token().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "TokenError", retryable: true });
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  test("tell no secret and no token in their errors", async () => {
    const accessToken = "t0k3n-0123456789";
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => json(response, 401, { error: clientSecret, error_description: clientSecret }),
      (response) => json(response, 500, clientSecret),
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
      const told = inspect(error, { depth: Infinity, showHidden: true, maxStringLength: null });
      expect(told).not.toMatch(/s3cr3t|t0k3n/);
    }
    expect(uaa.asked).toHaveLength(answers.length);
  });

  test.each<[string, object, RegExp]>([
    ["a URL without scheme", { url: "uaa" }, /^url must be an http or https URL, got "uaa"/],
    ["an empty client id", { clientId: "" }, /^clientId must be a non-empty string, got ""/],
    ["a number as the secret", { clientSecret: 7 }, /^clientSecret must be a string, got number/],
    ["no secret", { clientSecret: undefined }, /^clientSecret must be a string, got undefined/],
    ["a negative timeout", { timeoutMs: -1 }, /^timeoutMs must be .*-1/],
    ["a timeout that timers cannot wait", { timeoutMs: 2 ** 31 }, /^timeoutMs must be/],
    ["an object as fetch", { fetch: {} }, /^fetch must be a function/],
    ["a misspelt option", { clientSecert: "s" }, /"clientSecert"; did you mean "clientSecret"/],
  ])("rejects %s", (_, wrong, message) => {
    const options = { url: "https://uaa.example", clientId: "c", clientSecret, ...wrong };
    expect(() => uaaClientCredentials(options)).toThrow(message);
    expect(() => uaaClientCredentials(options)).not.toThrow(/s3cr3t/);
  });
});
