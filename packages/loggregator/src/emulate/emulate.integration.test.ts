import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { Emulate, Loggregator, loggregator } from "../../testing/loggregator.js";

test("is ready when its environment file is there, and takes all along at the end", async () => {
  await using emulate = await Emulate.start();
  expect(Object.keys(emulate.env).sort()).toEqual([
    "CF_TOKEN",
    "LOGGREGATOR_CA_PATH",
    "LOGGREGATOR_CERT_PATH",
    "LOGGREGATOR_EGRESS_ADDRESS",
    "LOGGREGATOR_GATEWAY_URL",
    "LOGGREGATOR_INGRESS_ADDRESS",
    "LOGGREGATOR_KEY_PATH",
    "LOGGREGATOR_V1_ADDRESS",
  ]);
  const sent = await loggregator(["emit", "log", "hello"], { env: emulate.env });
  expect(sent).toEqual({ code: 0, stdout: "", stderr: "" });

  emulate.command.interrupt();
  const { code, stdout, stderr } = await emulate.command.ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ event: "ended", received: 1, delivered: 0, dropped: 0 });
  expect(existsSync(emulate.environmentFile)).toBe(false);
  expect(existsSync(emulate.env["LOGGREGATOR_KEY_PATH"] ?? "")).toBe(false);
});

test("tells people where it is, what to type, and what became of it", async () => {
  const free = ["--ingress", "--egress", "--gateway", "--v1"].flatMap((name) => [
    name,
    "127.0.0.1:0",
  ]);
  await using command = new Loggregator(["emulate", ...free]);
  await command.until(({ stdout }) => stdout.includes("loggregator emit log"));
  expect(command.stdout).toMatch(/ingress +127\.0\.0\.1:\d+/);
  expect(command.stdout).toMatch(/gateway +http:\/\/127\.0\.0\.1:\d+/);
  const [, file = ""] = /set -a; \. (\S+);/.exec(command.stdout) ?? [];
  expect(existsSync(file)).toBe(true);
  // No colours where there is no terminal.
  expect(command.stdout).not.toContain("\x1b");

  command.interrupt();
  const { code, stdout } = await command.ended();
  expect(code).toBe(0);
  expect(stdout).toMatch(/Ended after [\d.]+ s: 0 envelopes received, 0 delivered, 0 dropped\n$/);
  expect(existsSync(file)).toBe(false);
});

test("two at once get along, although both like the usual ports best", async () => {
  await using first = new Loggregator(["emulate", "--json"]);
  await using second = new Loggregator(["emulate", "--json"]);
  await Promise.all([first, second].map((one) => one.until(({ stdout }) => stdout !== "")));
  for (const one of [first, second]) {
    one.interrupt();
    expect(await one.ended()).toMatchObject({ code: 0, stderr: "" });
  }
});

test("a port that was asked for and is taken: one line, and 1", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { code, stderr } = await loggregator(["emulate", "--egress", `127.0.0.1:${port}`]);
  server.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^loggregator: [^\n]*taken[^\n]*\n$/);
});
