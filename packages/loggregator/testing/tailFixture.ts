import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { EnvironmentFile } from "../src/emulate/environmentFile.js";
import { Loggregator } from "./loggregator.js";

/** An emulator, and the environment of a command that reads from it. */
export class TailFixture implements AsyncDisposable {
  /** A test may replace it. */
  emulator: Emulator;
  /** A folder for the files of a test. */
  readonly folder: string;
  readonly env: Record<string, string>;

  static async start(): Promise<TailFixture> {
    const emulator = await startEmulator({
      bufferSize: 20_000,
      gateway: { tokens: { good: "all", mine: ["my-app"] } },
    });
    const folder = await mkdtemp(join(tmpdir(), "loggregator-tail-"));
    const file = await EnvironmentFile.prepare(join(folder, "test.env"));
    await file.write({}, emulator.tls.ingress);
    return new TailFixture(emulator, folder, {
      LOGGREGATOR_CA_PATH: `${file.path}.certs/ca.crt`,
      LOGGREGATOR_CERT_PATH: `${file.path}.certs/client.crt`,
      LOGGREGATOR_KEY_PATH: `${file.path}.certs/client.key`,
    });
  }

  private constructor(emulator: Emulator, folder: string, env: Record<string, string>) {
    this.emulator = emulator;
    this.folder = folder;
    this.env = env;
  }

  /** Starts `tail` and waits until it reads. */
  async startTail(...args: readonly string[]): Promise<Loggregator> {
    const command = new Loggregator(["tail", ...args], { env: this.env });
    await this.emulator.until(({ egressStreams }) => egressStreams === 1);
    return command;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The options that select the RLP. */
export const fromEgress = ({ emulator }: TailFixture) => ["--egress", emulator.egress.address];
/** The options that select the gateway. */
export const fromGateway = ({ emulator }: TailFixture) => [
  "--gateway",
  emulator.gateway.url,
  "--token",
  "good",
];
