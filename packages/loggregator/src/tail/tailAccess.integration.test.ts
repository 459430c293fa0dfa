import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Loggregator, loggregator } from "../../testing/loggregator.js";
import { fromEgress, TailFixture } from "../../testing/tailFixture.js";
import { EnvironmentFile } from "../emulate/environmentFile.js";

let fixture: TailFixture;

beforeEach(async () => {
  fixture = await TailFixture.start();
});

afterEach(() => fixture[Symbol.asyncDispose]());

describe("certificates", () => {
  test("of an authority that did not sign the server's: one line, and exit code 1", async () => {
    await using other = await startEmulator();
    const file = await EnvironmentFile.prepare(join(fixture.folder, "other.env"));
    await file.write({}, other.tls.ingress);
    const ca = ["--ca", `${file.path}.certs/ca.crt`];
    const { code, stderr } = await loggregator(["tail", ...fromEgress(fixture), ...ca], {
      env: fixture.env,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^loggregator: [^\n]*: --ca: [^\n]*signed by one of these authorities[^\n]*\n$/,
    );
  });

  test("that the server rejects: one line, and exit code 1", async () => {
    await using other = await startEmulator();
    const file = await EnvironmentFile.prepare(join(fixture.folder, "other.env"));
    await file.write({}, other.tls.ingress);
    const own = [
      "--cert",
      `${file.path}.certs/client.crt`,
      "--key",
      `${file.path}.certs/client.key`,
    ];
    const { code, stderr } = await loggregator(["tail", ...fromEgress(fixture), ...own], {
      env: fixture.env,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^loggregator: [^\n]*--cert[^\n]*\n$/);
  });

  test("of a gateway with an authority of its own: trusted with --ca, refused without", async () => {
    const { httpsUrl } = fixture.emulator.gateway;
    const args = ["tail", "--gateway", httpsUrl, "--token", "good", "--count", "1"];
    const without = await loggregator([...args, "--ca", ""], { env: fixture.env });
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(/^loggregator: [^\n]*certificate[^\n]*--ca[^\n]*\n$/);

    await using command = new Loggregator(args, { env: fixture.env });
    await fixture.emulator.until(({ egressStreams }) => egressStreams === 1);
    fixture.emulator.emit(eventEnvelope("hello", ""));
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("the token", () => {
  test.each([
    ["none", ["tail"], {}],
    ["a bad one", ["tail", "--token", "secret-but-wrong"], {}],
    ["one that may not read the source", ["tail", "--token", "mine", "-s", "another-app"], {}],
    ["a bad one in CF_TOKEN", ["tail"], { CF_TOKEN: "secret-but-wrong" }],
  ])("%s: one line with a remedy, and exit code 1", async (_, args, more) => {
    const all = [...args, "--gateway", fixture.emulator.gateway.url];
    const { code, stdout, stderr } = await loggregator(all, { env: { ...fixture.env, ...more } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^loggregator: [^\n]*not_found[^\n]*--token or CF_TOKEN[^\n]*\n$/);
    expect(stderr).not.toContain("secret");
  });

  test("comes from CF_TOKEN, as cf oauth-token prints it", async () => {
    fixture.env["CF_TOKEN"] = "bearer mine";
    await using command = await fixture.startTail(
      "--gateway",
      fixture.emulator.gateway.url,
      "-s",
      "my-app",
      "--count",
      "1",
    );
    fixture.emulator.emit(eventEnvelope("hello", "", { sourceId: "my-app" }));
    expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
  });

  test("comes from cf oauth-token if none is given", async () => {
    fixture.env["PATH"] = await fakeCf('echo "bearer good"');
    await expectToReadFromGateway();
  });

  test("is requested again if the gateway refuses it", async () => {
    const state = join(fixture.folder, "asked");
    const script = `if [ -e ${state} ]; then echo "bearer good"; else touch ${state}; echo "bearer old"; fi`;
    fixture.env["PATH"] = await fakeCf(script);
    await expectToReadFromGateway();
  });

  test("of a cf that is not logged in: its message, and that of the gateway", async () => {
    fixture.env["PATH"] = await fakeCf("echo FAILED; echo 'Not logged in.' >&2; exit 1");
    const args = ["tail", "--gateway", fixture.emulator.gateway.url];
    const { code, stderr } = await loggregator(args, { env: fixture.env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^loggregator: [^\n]*cf oauth-token: Not logged in\. Log in with cf login\nloggregator: .*cf login/,
    );
  });
});

/** Expects that `tail` reads an envelope from the gateway. */
async function expectToReadFromGateway(): Promise<void> {
  const args = ["--gateway", fixture.emulator.gateway.url, "--count", "1"];
  await using command = await fixture.startTail(...args);
  fixture.emulator.emit(eventEnvelope("hello", ""));
  expect(await command.ended()).toMatchObject({ code: 0, stderr: "" });
}

/** A PATH with a `cf` command that runs the script. */
async function fakeCf(script: string): Promise<string> {
  const path = join(fixture.folder, "cf");
  await writeFile(path, `#!/bin/sh\n[ "$1" = oauth-token ] || exit 9\n${script}\n`);
  await chmod(path, 0o755);
  return `${fixture.folder}:${process.env["PATH"]}`;
}
