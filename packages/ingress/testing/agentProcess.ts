import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ReservedPort, reserveTcpPort } from "@loggregator/testing";
import type { Certificates } from "@loggregator/testing/certificates";

/** Consecutive agents at one address, each in its own process. */
export class AgentProcesses implements AsyncDisposable {
  readonly address: string;
  readonly #certificates: Certificates;
  readonly #directory: string;
  readonly #loaded: Promise<ChildProcess>[];
  readonly #port: ReservedPort;
  #running: ChildProcess | undefined;

  private constructor(
    certificates: Certificates,
    directory: string,
    port: ReservedPort,
    count: number,
  ) {
    this.#port = port;
    this.address = port.address;
    this.#certificates = certificates;
    this.#directory = directory;
    // All are loaded now, so that each can start immediately.
    this.#loaded = Array.from({ length: count }, async () => {
      const child = fork(fileURLToPath(new URL("agent.mjs", import.meta.url)));
      await once(child, "message");
      return child;
    });
  }

  static async create(certificates: Certificates, count: number): Promise<AgentProcesses> {
    const directory = await mkdtemp(join(tmpdir(), "agent-"));
    return new AgentProcesses(certificates, directory, await reserveTcpPort(), count);
  }

  /** Lets the next agent listen. */
  async start(): Promise<void> {
    const child = await this.#loaded.shift();
    if (child === undefined) {
      throw new Error("no agent is left");
    }
    this.#running = child;
    const { server, client } = this.#certificates;
    child.send({
      address: this.address,
      path: this.#path,
      tls: { ca: server.ca, metron: server, reverselogproxy: server, rlpGateway: server, client },
    });
    await once(child, "message");
  }

  /** Kills the listening agent. */
  async kill(): Promise<void> {
    const exit = once(this.#running as ChildProcess, "exit");
    this.#running?.kill("SIGKILL");
    await exit;
  }

  /** Returns the received numbers, in order. */
  async received(): Promise<number[]> {
    const text = await readFile(this.#path, "utf8");
    return text.trim().split("\n").map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const loaded of this.#loaded) {
      (await loaded).kill("SIGKILL");
    }
    await this.kill();
    await rm(this.#directory, { recursive: true });
    await this.#port[Symbol.asyncDispose]();
  }

  get #path(): string {
    return join(this.#directory, "received");
  }
}
