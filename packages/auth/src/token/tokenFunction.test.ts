import { OptionTypeError } from "@loggregator/core";
import { describe, expect, test } from "vitest";
import { AuthorizedClient, uaaClientCredentials, uaaPassword, uaaRefreshToken } from "../index.js";
import { cfCliToken } from "../node/index.js";

const url = "https://uaa.example.com";

describe.each([
  ["uaaClientCredentials", uaaClientCredentials({ url, clientId: "c", clientSecret: "" })],
  ["uaaPassword", uaaPassword({ url, username: "u", password: "" })],
  ["uaaRefreshToken", uaaRefreshToken({ url, refreshToken: "r" })],
  ["cfCliToken", cfCliToken({ command: "none" })],
])("a token function of %s", (_, token) => {
  test.each([
    [null, "request must be an object, got null"],
    [1, "request must be an object, got 1"],
    [[], "request must be an object, got an array"],
    [{ refresh: 1 }, "refresh must be true or false, got 1"],
    [{ signal: null }, "signal must be an AbortSignal, got null"],
    [{ signal: {} }, "signal must be an AbortSignal, got an object"],
  ])("rejects %o", async (request, message) => {
    const error = await token(request as never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OptionTypeError);
    expect((error as Error).message).toBe(message);
  });
});

test("AuthorizedClient rejects settings that are not an object", () => {
  expect(() => new AuthorizedClient(null as never)).toThrow("settings must be an object, got null");
});
