import { expect, test } from "vitest";
import { startJsonServer } from "../../testing/jsonServer.js";
import { uaaPassword, uaaRefreshToken } from "../index.js";

const answered = (index: number, more: object = {}) => ({
  body: { access_token: `token-${index}`, token_type: "bearer", expires_in: 600, ...more },
});

test("the password grant sends UAA's request, as the client of the cf command", async () => {
  await using uaa = await startJsonServer((_, index) => answered(index));
  const token = uaaPassword({ url: uaa.url, username: "tech", password: "p&ss" });
  expect(await token()).toBe("token-0");
  expect(await token()).toBe("token-0");
  expect(await token({ refresh: true })).toBe("token-1");
  expect(uaa.requests[0]).toMatchObject({
    url: "/oauth/token",
    form: {
      grant_type: "password",
      username: "tech",
      password: "p&ss",
      client_id: "cf",
      client_secret: "",
    },
  });
});

test("the refresh token grant continues with the refresh token of the last response", async () => {
  await using uaa = await startJsonServer((_, index) =>
    answered(index, { refresh_token: `refresh-${Math.min(index + 1, 2)}` }),
  );
  const reported: string[] = [];
  const token = uaaRefreshToken({
    url: uaa.url,
    refreshToken: "refresh-0",
    onRefreshToken: (next) => reported.push(next),
  });
  await token();
  await token({ refresh: true });
  await token({ refresh: true });
  expect(uaa.requests.map(({ form }) => form["refresh_token"])).toEqual([
    "refresh-0",
    "refresh-1",
    "refresh-2",
  ]);
  expect(uaa.requests[0]?.form["grant_type"]).toBe("refresh_token");
  expect(reported).toEqual(["refresh-1", "refresh-2"]);
});

test("a refresh token that has expired is a final error, which does not contain it", async () => {
  const refreshToken = "an-old-refresh-token";
  await using uaa = await startJsonServer(() => ({
    status: 401,
    body: { error: "invalid_token", error_description: `expired: ${refreshToken}` },
  }));
  const error = await uaaRefreshToken({ url: uaa.url, refreshToken })().catch((e: Error) => e);
  expect(error).toMatchObject({ name: "TokenError", retryable: false, code: "invalid_token" });
  expect((error as Error).message).not.toContain(refreshToken);
});

test.each([
  [() => uaaPassword({ url: "x", username: "u", password: "p" }), "url must be"],
  [() => uaaPassword({ url: "http://u", username: "", password: "p" }), "username must be"],
  [
    () => uaaPassword({ url: "http://u", username: "u", password: 5 as never }),
    "password must be a string, got number",
  ],
  [
    () => uaaRefreshToken({ url: "http://u", refreshToken: "two words" }),
    "refreshToken must be a string of visible ASCII characters",
  ],
])("an invalid option is rejected", (create, message) => {
  expect(create).toThrow(message);
});
