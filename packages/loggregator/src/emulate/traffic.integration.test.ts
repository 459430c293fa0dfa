import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificateAuthority } from "@loggregator/emulator";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Emulate, loggregator } from "../../testing/loggregator.js";
import { run } from "../run.js";

const folder = mkdtempSync(join(tmpdir(), "loggregator-traffic-"));
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  const names = ["metron", "reverselogproxy", "log-cache", "localhost", "127.0.0.1"];
  const server = await authority.issue({ commonName: "metron", altNames: names });
  const client = await authority.issue({ commonName: "my-client" });
  const unnamed = await authority.issue({ commonName: "example.com" });
  writeFileSync(file("ca.crt"), authority.certificate);
  for (const [name, { cert, key }] of Object.entries({ server, client, unnamed })) {
    writeFileSync(file(`${name}.crt`), cert);
    writeFileSync(file(`${name}.key`), key);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const own = (name: string) => [
  ...["--ca", file("ca.crt"), "--cert", file(`${name}.crt`), "--key", file(`${name}.key`)],
];

test("records with own certificates, and replays the recording", async () => {
  const recording = file("recording.ndjson");
  {
    const client = ["--client-cert", file("client.crt"), "--client-key", file("client.key")];
    await using emulate = await Emulate.start("--record", recording, ...own("server"), ...client);
    const { env } = emulate;
    expect(readFileSync(env["LOGGREGATOR_CA_PATH"] ?? "", "utf8")).toBe(
      readFileSync(file("ca.crt"), "utf8"),
    );
    const sent = await loggregator(["emit", "log", "-s", "my-app"], { env, input: "one\ntwo\n" });
    expect(sent).toEqual({ code: 0, stdout: "", stderr: "" });
    emulate.command.interrupt();
    const { stdout, stderr } = await emulate.command.ended();
    expect(stderr).toBe("");
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ recorded: 2 });
  }
  writeFileSync(recording, '{"timestamp":"1', { flag: "a" });

  await using emulate = await Emulate.start("--replay", recording, "--speed", "1000");
  await emulate.command.until(({ stdout }) => stdout.includes('"event":"replayed"'));
  expect(emulate.command.stdout).toContain(
    JSON.stringify({ event: "replayed", path: recording, envelopes: 2, incomplete: true }),
  );
  expect(emulate.command.stderr).toBe(
    `loggregator: ${recording}: the last line is incomplete and was ignored, as after an interruption\n`,
  );
  const url = emulate.env["LOGGREGATOR_EMULATOR_URL"];
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "ok" });
  const { batch } = (await (await fetch(`${url}/envelopes`)).json()) as { batch: unknown[] };
  expect(batch).toMatchObject([{ source_id: "my-app" }, { source_id: "my-app" }]);
});

test("emits a scenario, advertises a name, and warns of other machines and missing names", async () => {
  await using emulate = await Emulate.start(
    ...own("unnamed"),
    ...["--scenario", "--rate", "1000", "--seed", "7", "--apps", "2"],
    ...["--api", "0.0.0.0:0", "--advertise", "localhost", "--allow-host", "emulator.test"],
  );
  const url = emulate.env["LOGGREGATOR_EMULATOR_URL"] ?? "";
  expect(url).toMatch(/^http:\/\/localhost:\d+$/);
  const answer = await fetch(`${url}/envelopes?min=20&type=log&timeoutMs=60000`);
  expect(answer.status).toBe(200);
  expect(emulate.command.stderr).toMatch(
    /^loggregator: the certificate of --cert is not for metron, reverselogproxy, log-cache, [^\n]+\nloggregator: listening on 0\.0\.0\.0: other machines can connect[^\n]+\n$/,
  );
});

// In this process, which is faster.
test.each([
  [["--replay", "/nowhere"], "--replay: /nowhere: cannot read the file: ENOENT"],
  [["--replay", folder], "cannot read the file: it is a folder"],
  [["--record", folder], "the file exists; choose another path, or remove it"],
  [["--replay", "server.crt"], ":1: invalid JSON"],
  [["--ca", "/nowhere", "--cert", "/nowhere", "--key", "/nowhere"], "--ca: cannot read the file"],
  [["--ca", "ca.crt", "--cert", "server.crt", "--key", "client.key"], "--cert and --key must be"],
])("emulate %j ends with one helpful line", async (args, message) => {
  let stderr = "";
  let stdout = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const paths = args.map((arg) => (/\.(crt|key)$/.test(arg) ? file(arg) : arg));
  const code = await run(["emulate", "--json", ...paths]);
  vi.restoreAllMocks();
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/^loggregator: [^\n]+\n$/);
  expect(stderr).toContain(message);
  // A line of a recording is read when the emulator runs, everything else is checked before.
  expect(stdout.includes('"started"')).toBe(message.includes("invalid JSON"));
});
