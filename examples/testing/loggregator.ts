import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { type ClientTls, startEmulator } from "@loggregator/emulator";

/** The time of all envelopes here, as programs print it. */
export const time = "2026-01-02T03:04:05.678Z";

const common = { sourceId: "my-app", instanceId: "0", timestamp: new Date(time) };

/** A log with a control sequence. */
export const log = logEnvelope("hello\u001b[2Jthere", {
  ...common,
  stream: "stdout",
  sourceType: "APP/PROC/WEB",
});

/** An envelope of each type. */
export const oneOfEach: Envelope[] = [
  log,
  counterEnvelope("requests", { ...common, delta: 2 }),
  gaugeEnvelope({ cpu: { value: 12.5, unit: "percentage" } }, common),
  timerEnvelope("http", 1_000_000n, 24_500_000n, common),
  eventEnvelope("deploy", "v42 is live", common),
];

/** Starts an emulator, and returns what it receives and the environment for the examples. */
export async function startLoggregator() {
  const received: Envelope[] = [];
  const emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  const folder = await mkdtemp(join(tmpdir(), "loggregator-examples-"));
  const write = async ({ ca, cert, key }: ClientTls) => {
    const paths = {
      LOGGREGATOR_CA_PATH: join(folder, "ca.crt"),
      LOGGREGATOR_CERT_PATH: join(folder, "client.crt"),
      LOGGREGATOR_KEY_PATH: join(folder, "client.key"),
    };
    await writeFile(paths.LOGGREGATOR_CA_PATH, ca);
    await writeFile(paths.LOGGREGATOR_CERT_PATH, cert);
    await writeFile(paths.LOGGREGATOR_KEY_PATH, key, { mode: 0o600 });
    return paths;
  };
  const env = {
    ...(await write(emulator.tls.ingress)),
    LOGGREGATOR_INGRESS_ADDRESS: emulator.ingress.address,
    LOGGREGATOR_EGRESS_ADDRESS: emulator.egress.address,
  };
  return {
    emulator,
    received,
    env,
    async [Symbol.asyncDispose]() {
      await emulator.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The types of envelopes. */
export const types = (envelopes: Envelope[]) => envelopes.map(({ message }) => message?.$case);
