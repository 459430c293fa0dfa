import { type Envelope, isLog, Log_Type, logText } from "@loggregator/api";
import { ChildProgram } from "@loggregator/testing";
import { startAgent } from "@loggregator/testing/agent";
import { type CertificateFiles, writeCertificates } from "@loggregator/testing/certificates";
import { expect, test } from "vitest";
import loggregatorTransport from "./transport.js";

const program = new URL("../testing/logger.mjs", import.meta.url);

/** Starts an agent that records, and returns the options of a transport in another process. */
async function startAgentWithFiles() {
  const agent = await startAgent();
  const { address, tls } = agent.ingress;
  const files: CertificateFiles = await writeCertificates(tls);
  const { caPath, certPath, keyPath } = files;
  return {
    ...agent,
    ingress: { address, tls: { caPath, certPath, keyPath } },
    env: {
      LOGGREGATOR_INGRESS_ADDRESS: address,
      LOGGREGATOR_CA_PATH: caPath,
      LOGGREGATOR_CERT_PATH: certPath,
      LOGGREGATOR_KEY_PATH: keyPath,
    },
    async [Symbol.asyncDispose]() {
      await files[Symbol.asyncDispose]();
      await agent[Symbol.asyncDispose]();
    },
  };
}

function run(settings: object, env: NodeJS.ProcessEnv = {}) {
  return new ChildProgram(program, {
    args: [JSON.stringify(settings)],
    env: { ...process.env, ...env },
  }).ended;
}

function numbers(received: readonly Envelope[]): number[] {
  return received.map((envelope) => JSON.parse(logText(envelope as never)).i as number);
}

test.for([
  { how: "exit", count: 100_000 },
  { how: "exit later", count: 10_000 },
  { how: "targets", count: 10_000 },
])("$count lines followed by process.exit all arrive, in order ($how)", async ({ how, count }) => {
  await using agent = await startAgentWithFiles();
  const { ingress } = agent;
  const { code, stderr } = await run({ how, count, options: { ingress } });
  expect([code, stderr]).toEqual([0, ""]);
  await agent.until(count);
  expect(numbers(agent.received)).toEqual(Array.from({ length: count }, (_, i) => i));
  const timestamps = agent.received.map(({ timestamp }) => timestamp);
  expect(new Set(timestamps).size).toBe(count);
});

test("lines arrive if the program ends without process.exit, with a connection from the environment", async () => {
  await using agent = await startAgentWithFiles();
  const { code, stderr } = await run({ how: "return", count: 10 }, agent.env);
  expect([code, stderr]).toEqual([0, ""]);
  await agent.until(10);
  expect(numbers(agent.received)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("the levels, fields and names in the logger's configuration are used", async () => {
  await using agent = await startAgentWithFiles();
  const options = {
    ingress: agent.ingress,
    sourceId: "app",
    instanceId: "2",
    sourceType: "APP/PROC/WEB",
    tagFields: ["module", "req.id"],
    payload: "message",
  };
  const loggerOptions = { messageKey: "text" };
  const { code, stderr } = await run({ how: "levels", options, loggerOptions });
  expect([code, stderr]).toEqual([0, ""]);
  await agent.until(5);
  const brief = agent.received.map((envelope) => {
    const { sourceId, instanceId, tags } = envelope;
    expect([sourceId, instanceId, tags["source_type"]]).toEqual(["app", "2", "APP/PROC/WEB"]);
    const isErr = isLog(envelope) && envelope.message.value.type === Log_Type.ERR;
    return [logText(envelope as never), isErr ? "ERR" : "OUT", tags["module"], tags["req.id"]];
  });
  expect(brief).toEqual([
    ["an error", "ERR", "m", "7"],
    ["a warning", "OUT", undefined, undefined],
    ["fatal", "ERR", "n", undefined],
    ["no JSON", "OUT", undefined, undefined],
    ["null", "OUT", undefined, undefined],
  ]);
});

test("without a server, the process exits in time and reports the loss", async () => {
  await using agent = await startAgentWithFiles();
  const ingress = { ...agent.ingress, address: "127.0.0.1:1", closeTimeoutMs: 100 };
  const options = { ingress };
  const { code, stderr } = await run({ how: "exit later", count: 7, options });
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /@loggregator\/pino: IngressError: close\(\) timed out after 100 ms: 7 envelopes/,
  );
});

test.for([
  [{ tagField: ["a"] }, 'did you mean "tagFields"?'],
  [{ stderrLevel: "error" }, 'stderrLevel must be a number, got "error"'],
  [{ ingress: { batchMaxSiz: 1, tls: {} } }, 'did you mean "batchMaxSize"?'],
  [{}, "LOGGREGATOR_CA_PATH"],
])("invalid options are an error event: %j", async ([options, message]) => {
  const { code, stderr } = await run({ how: "wait for error", options });
  expect(stderr).toMatch(/^error event: /);
  expect(stderr).toContain(message);
  expect(code).toBe(3);
});

test("rejects options that are not an object", async () => {
  await expect(loggregatorTransport(null as never)).rejects.toThrow(
    "options must be an object, got null",
  );
});
