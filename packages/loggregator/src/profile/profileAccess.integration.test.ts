import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { serveHttp } from "@loggregator/testing";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type CapturedOutput, captureOutput } from "../../testing/capturedOutput.js";
import { run } from "../run.js";

const folder = mkdtempSync(join(tmpdir(), "loggregator-profile-access-"));
const token = "geheim-0123456789";

let emulator: Emulator;
let output: CapturedOutput;

beforeAll(async () => {
  emulator = await startEmulator({ gateway: { tokens: { [token]: "all" } }, logger: null });
  mkdirSync(join(folder, "loggregator"));
  mkdirSync(join(folder, ".cf"));
});

afterAll(async () => {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  output = captureOutput();
  vi.stubEnv("XDG_CONFIG_HOME", folder);
  vi.stubEnv("CF_HOME", folder);
});

const write = (profile: object) =>
  writeFileSync(
    join(folder, "loggregator", "config.json"),
    JSON.stringify({ profiles: { p: profile } }),
    { mode: 0o600 },
  );

test("gets tokens as the client of the profile, from the UAA of its API", async () => {
  const grants: string[] = [];
  await using uaa = await serveHttp(async (request, response) => {
    let body = "";
    for await (const chunk of request) {
      body += chunk;
    }
    grants.push(body);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ access_token: token, token_type: "bearer", expires_in: 600 }));
  });
  await using api = await serveHttp((_, response) => {
    const href = { login: { href: uaa.url }, uaa: { href: uaa.url } };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ links: { ...href, log_cache: { href: emulator.logCache.url } } }),
    );
  });
  vi.stubEnv("MY_SECRET", "sehr-geheim");
  const client = { clientId: "reader", clientSecretEnv: "MY_SECRET" };
  write({ ...client, uaa: uaa.url, logCacheUrl: emulator.logCache.url });
  expect(await run(["meta", "--no-rate", "--json", "--profile", "p"])).toBe(0);
  expect(grants).toHaveLength(1);
  expect(grants[0]).toContain("client_id=reader");

  // Without an address and a UAA, which the API names.
  write({ ...client, api: api.url });
  expect(await run(["meta", "--no-rate", "--json", "--profile", "p"])).toBe(0);
  expect(grants).toHaveLength(2);
  expect(output.stderr).not.toContain("geheim");
});

test("does not send its token to the foundation that cf is logged in to", async () => {
  const headers: (string | undefined)[] = [];
  await using other = await serveHttp((request, response) => {
    headers.push(request.headers.authorization);
    response.writeHead(401, { "content-type": "application/json" }).end('{"errors":[]}');
  });
  writeFileSync(join(folder, ".cf", "config.json"), JSON.stringify({ Target: other.url }));
  vi.stubEnv("MY_TOKEN", token);
  write({ logCacheUrl: emulator.logCache.url, tokenEnv: "MY_TOKEN" });
  expect(await run(["recent", "my-app", "--profile", "p"])).toBe(1);
  expect(headers.length).toBeGreaterThan(0);
  expect(headers.filter((header) => header !== undefined)).toEqual([]);
  expect(output.stderr).toContain(
    `the token of profile p is not sent to ${new URL(other.url).host}`,
  );
  rmSync(join(folder, ".cf", "config.json"));
});

test("nozzle uses the client of the profile, and refuses --app without its API", async () => {
  vi.stubEnv("MY_SECRET", "sehr-geheim");
  const gateway = { gateway: emulator.gateway.url };
  write({ ...gateway, clientId: "reader", clientSecretEnv: "MY_SECRET", uaa: "nowhere" });
  const nozzle = ["nozzle", "--to", "stdout", "--profile", "p"];
  expect(await run(nozzle)).toBe(2);
  expect(output.stderr).toContain(
    '--uaa must be a URL such as https://uaa.example.com, got "nowhere"',
  );
  expect(await run([...nozzle, "--app", "my-app"])).toBe(2);
  expect(output.stderr).toContain(
    '--app needs the API of Cloud Foundry; add "api" to the profile p',
  );
  expect(output.stdout).toBe("");
});
