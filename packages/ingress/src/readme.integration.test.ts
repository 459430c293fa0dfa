import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startEmulator } from "@loggregator/emulator";
import { reserveTcpPort } from "@loggregator/testing";
import {
  type CertificateFiles,
  createCertificates,
  writeCertificates,
} from "@loggregator/testing/certificates";
import { afterAll, beforeAll, expect, test } from "vitest";
import { IngressClient } from "./index.js";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("..", import.meta.url));
let examples: string[];
let files: CertificateFiles;
let emulator: Awaited<ReturnType<typeof startEmulator>>;

beforeAll(async () => {
  const readme = await readFile(join(folder, "README.md"), "utf8");
  examples = [...readme.matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, code]) => code as string);
  const certificates = await createCertificates();
  files = await writeCertificates(certificates.client);
  emulator = await startEmulator({ tls: { authority: certificates.authority } });
});

afterAll(async () => {
  await files[Symbol.asyncDispose]();
  await emulator.close();
});

/** Returns the example that contains this text. */
function example(text: string): string {
  const found = examples.find((code) => code.includes(text));
  if (found === undefined) {
    throw new Error(`README.md has no example with ${text}`);
  }
  return found;
}

interface Setting {
  readonly environment?: NodeJS.ProcessEnv;
  /** Of clients whose address is replaced. */
  readonly closeTimeoutMs?: number;
}

/** Runs an example with real certificate files and the address of the emulator. */
async function runExample(
  code: string,
  address: string,
  { environment = {}, closeTimeoutMs = 5_000 }: Setting = {},
) {
  const temporary = await mkdtemp(join(tmpdir(), "readme-"));
  try {
    const { caPath, certPath, keyPath } = files;
    const adapted = code
      .replace('"ca.crt"', JSON.stringify(caPath))
      .replace('"client.crt"', JSON.stringify(certPath))
      .replace('"client.key"', JSON.stringify(keyPath))
      .replace(
        /address: "localhost:3458",?|(?<=IngressClient\(\{ )(?=tls)/,
        `address: "${address}", closeTimeoutMs: ${closeTimeoutMs}, `,
      );
    const source = join(temporary, "example.ts");
    await writeFile(source, adapted);
    // Node.js 20 does not parse `await using`.
    const options = [
      "--noCheck",
      "--target",
      "es2022",
      "--module",
      "esnext",
      "--outDir",
      temporary,
    ];
    await run(fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url)), [
      source,
      ...options,
      "--ignoreConfig",
    ]);
    const program = await readFile(join(temporary, "example.js"), "utf8");
    const env = { ...process.env, ...environment };
    // Rejects for every exit code other than 0.
    return await run(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: folder,
      env,
    });
  } finally {
    await rm(temporary, { recursive: true });
  }
}

test("the first example sends its envelopes to an agent, and exits", async () => {
  const before = emulator.stats.received;
  const { stdout, stderr } = await runExample(
    example("await using client = new"),
    emulator.ingress.address,
  );
  expect([stdout, stderr]).toEqual(["", ""]);
  expect(emulator.stats.received - before).toBe(3);
});

test("without an agent, the first example reports that and exits", async () => {
  await using unusedPort = await reserveTcpPort();
  const { stdout, stderr } = await runExample(
    example("await using client = new"),
    unusedPort.address,
    {
      closeTimeoutMs: 500,
    },
  );
  expect(stdout).toBe("");
  expect(stderr).toContain(`ingress client: cannot connect to ${unusedPort.address}: `);
  expect(stderr).toContain("close() timed out after 500 ms: 3 envelopes were still queued");
  expect(stderr).not.toContain("SuppressedError");
});

test("the example without `await using` does the same in plain JavaScript", async () => {
  const before = emulator.stats.received;
  const code = example("finally");
  expect(code).not.toContain("await using");
  expect(await runExample(code, emulator.ingress.address)).toEqual({ stdout: "", stderr: "" });
  expect(emulator.stats.received - before).toBe(1);
  await using unusedPort = await reserveTcpPort();
  const { stderr } = await runExample(code, unusedPort.address, { closeTimeoutMs: 500 });
  expect(stderr).toContain("close() timed out after 500 ms: 1 envelope was still queued");
});

test("the example with the emulator prints the output in its comments", async () => {
  const { stdout } = await runExample(example("startEmulator"), "");
  expect(stdout).toBe("my-app sent a log\n{ sent: 1, dropped: 0, queued: 0, reconnects: 0 }\n");
});

test("the example with fromEnv connects with the environment of loggregator emulate", async () => {
  const before = emulator.stats.received;
  const environment = {
    LOGGREGATOR_INGRESS_ADDRESS: emulator.ingress.address,
    LOGGREGATOR_CA_PATH: files.caPath,
    LOGGREGATOR_CERT_PATH: files.certPath,
    LOGGREGATOR_KEY_PATH: files.keyPath,
  };
  const { stderr } = await runExample(example("fromEnv"), "", { environment });
  expect(stderr).toBe("");
  expect(emulator.stats.received - before).toBe(1);
});

test.for(["LOGGREGATOR_CA_PATH", "LOGGREGATOR_CERT_PATH", "LOGGREGATOR_KEY_PATH"])(
  "fromEnv names a variable that is missing or empty: %s",
  (name) => {
    const all = ["LOGGREGATOR_CA_PATH", "LOGGREGATOR_CERT_PATH", "LOGGREGATOR_KEY_PATH"];
    const before = { ...process.env };
    try {
      for (const variable of all) {
        process.env[variable] = "x.pem";
      }
      for (const value of ["", undefined]) {
        if (value === undefined) {
          delete process.env[name];
        } else {
          process.env[name] = value;
        }
        expect(() => IngressClient.fromEnv()).toThrow(TypeError);
        expect(() => IngressClient.fromEnv()).toThrow(
          new RegExp(`^the environment variable ${name} must be the path of a PEM file, got `),
        );
      }
      process.env[name] = "x.pem";
      expect(() => IngressClient.fromEnv({ adress: "a:1" } as never)).toThrow(/unknown option/);
      expect(() => IngressClient.fromEnv(null as never)).toThrow("options must be an object");
    } finally {
      process.env = before;
    }
  },
);

test("fromEnv needs no paths with the option tls, and takes an undefined option for missing", async () => {
  const before = { ...process.env };
  try {
    const { tls } = emulator;
    process.env["LOGGREGATOR_INGRESS_ADDRESS"] = emulator.ingress.address;
    await using client = IngressClient.fromEnv({ tls: tls.ingress, address: undefined });
    await client.emitEvent("title", "body");
    process.env["LOGGREGATOR_CA_PATH"] = files.caPath;
    process.env["LOGGREGATOR_CERT_PATH"] = files.certPath;
    process.env["LOGGREGATOR_KEY_PATH"] = files.keyPath;
    await using other = IngressClient.fromEnv({ tls: undefined as never });
    await other.emitEvent("title", "body");
    expect(() => IngressClient.fromEnv(null as never)).toThrow("options must be an object");
  } finally {
    process.env = before;
  }
});
