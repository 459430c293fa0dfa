import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CertificateAndKey } from "@loggregator/emulator";
import { type ReservedPort, reserveTcpPort, reserveUdpPort } from "@loggregator/testing";

/** The certificates of the servers in a process; see `EmulatorTlsOptions`. */
export interface ServerTls {
  readonly ca: string;
  readonly metron: CertificateAndKey;
  readonly reverselogproxy: CertificateAndKey;
  readonly rlpGateway: CertificateAndKey;
  readonly client: CertificateAndKey;
}

export interface Addresses {
  readonly ingress: string;
  readonly egress: string;
  readonly gateway: string;
  readonly gatewayTls: string;
  readonly v1: string;
}

/** The envelopes that a server sends to its readers. */
export interface Feed {
  /** The interval at which ten lines, each a number, are sent, in milliseconds. */
  readonly eachMs: number;
  /** The length of the lines, in bytes. Default: 8. */
  readonly lineBytes?: number | undefined;
}

const free = "127.0.0.1:0";

/**
 * A Loggregator in a child process that can be killed and restarted at the same addresses, with the
 * numbers that all its processes have received and sent. The next process is loaded while one runs,
 * so that a restart is immediate.
 */
export class ServerProcess implements AsyncDisposable {
  addresses: Addresses = { ingress: free, egress: free, gateway: free, gatewayTls: free, v1: free };
  tls: ServerTls;
  readonly #ports: ReservedPort[] = [];
  readonly #directory: string;
  readonly #feed: Feed | undefined;
  readonly #arrived: NumberFile;
  readonly #sent: NumberFile;
  #generation = 0;
  #running: ChildProcess | undefined;
  #standby: Promise<ChildProcess> | undefined;

  /** @param feed Default: nothing is sent. */
  static async start(tls: ServerTls, feed?: Feed): Promise<ServerProcess> {
    const directory = await mkdtemp(join(tmpdir(), "loggregator-faults-"));
    const server = new ServerProcess(tls, directory, feed);
    await server.#reservePorts();
    await server.start();
    return server;
  }

  private constructor(tls: ServerTls, directory: string, feed: Feed | undefined) {
    this.tls = tls;
    this.#directory = directory;
    this.#feed = feed;
    this.#arrived = new NumberFile(join(directory, "arrived"));
    this.#sent = new NumberFile(join(directory, "sent"));
  }

  /** While a server is away, the system could assign its ports to the sockets of others. */
  async #reservePorts(): Promise<void> {
    for (const name of ["ingress", "egress", "gateway", "gatewayTls", "v1"] as const) {
      const port = await (name === "v1" ? reserveUdpPort() : reserveTcpPort());
      this.#ports.push(port);
      this.addresses = { ...this.addresses, [name]: port.address };
    }
  }

  /** Starts the next process at the same addresses. */
  async start(): Promise<void> {
    const child = await (this.#standby ?? load());
    this.#standby = undefined;
    this.#running = child;
    child.send({
      addresses: this.addresses,
      tls: this.tls,
      arrived: this.#arrived.path,
      sent: this.#sent.path,
      feed: this.#feed && {
        lineBytes: 8,
        ...this.#feed,
        from: this.#generation++ * 1_000_000,
      },
    });
    [this.addresses] = (await once(child, "message")) as [Addresses];
  }

  /** Loads the next process, so that `start` is immediate. */
  async prepare(): Promise<void> {
    this.#standby ??= load();
    await this.#standby;
  }

  /** Kills the process with SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#running as ChildProcess;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#running?.kill(signal);
  }

  /** Returns the numbers received from the source whose name begins with this letter, in order. */
  async arrived(letter: string): Promise<readonly number[]> {
    return (await this.#arrived.read()).get(letter) ?? [];
  }

  /** Returns the numbers sent to readers, in order. */
  async sent(): Promise<readonly number[]> {
    return (await this.#sent.read()).get("") ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    (await this.#standby)?.kill("SIGKILL");
    for (const port of this.#ports) {
      await port[Symbol.asyncDispose]();
    }
    await rm(this.#directory, { recursive: true });
  }
}

/** A growing file with one number per line, optionally preceded by a letter. */
class NumberFile {
  readonly path: string;
  readonly #numbers = new Map<string, number[]>();
  #position = 0;
  #rest = "";
  #reading = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** Reads the new lines, and returns all numbers by their letter. */
  async read(): Promise<ReadonlyMap<string, readonly number[]>> {
    this.#reading = this.#reading.then(() => this.#readOn());
    await this.#reading;
    return this.#numbers;
  }

  async #readOn(): Promise<void> {
    if (!existsSync(this.path)) {
      return;
    }
    for await (const chunk of createReadStream(this.path, {
      encoding: "latin1",
      start: this.#position,
    })) {
      this.#position += chunk.length;
      const lines = (this.#rest + chunk).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) {
        this.#add(line);
      }
    }
  }

  #add(line: string): void {
    const letter = /^\d/.test(line) ? "" : (line[0] as string);
    const numbers = this.#numbers.get(letter);
    const number = Number(line.slice(letter.length));
    if (numbers === undefined) {
      this.#numbers.set(letter, [number]);
    } else {
      numbers.push(number);
    }
  }
}

async function load(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("../programs/server.mjs", import.meta.url)), {
    execArgv: [],
  });
  await once(child, "message");
  return child;
}
