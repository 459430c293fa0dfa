import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { type ReservedPort, reserveTcpPort } from "@loggregator/testing";
import type { TlsIdentity } from "@loggregator/testing/certificates";
import type { SeededRandom } from "../seedRandom.js";

/** Consecutive processes of one program. The next one is loaded while one runs. */
class Processes {
  readonly #file: string;
  #running: ChildProcess | undefined;
  #standby: Promise<ChildProcess>;

  constructor(file: string) {
    this.#file = fileURLToPath(new URL(file, import.meta.url));
    this.#standby = this.#load();
  }

  get running(): ChildProcess {
    return this.#running as ChildProcess;
  }

  async start(message: object): Promise<ChildProcess> {
    const child = await this.#standby;
    this.#standby = this.#load();
    this.#running = child;
    child.send(message);
    return child;
  }

  async kill(): Promise<void> {
    const exited = once(this.running, "exit");
    this.running.kill("SIGKILL");
    await exited;
  }

  async dispose(): Promise<void> {
    this.#running?.kill("SIGKILL");
    (await this.#standby).kill("SIGKILL");
  }

  async #load(): Promise<ChildProcess> {
    const child = fork(this.#file, { execArgv: [] });
    await once(child, "message");
    return child;
  }
}

interface DrainProcessesOptions {
  readonly scheme: "https-batch" | "syslog-tls";
  readonly count: number;
  readonly tls: { readonly server: TlsIdentity; readonly client: TlsIdentity };
  readonly random: SeededRandom;
}

/**
 * A sender and a receiver in their own processes, and between them a network that splits data at
 * random.
 */
export class DrainProcesses implements AsyncDisposable {
  /** The number of messages that count as sent. */
  sent = 0;
  readonly #options: DrainProcessesOptions;
  readonly #port: ReservedPort;
  readonly #network: Server;
  readonly #directory = mkdtempSync(join(tmpdir(), "loggregator-drain-"));
  readonly #receivers = new Processes("../programs/drainReceiver.mjs");
  readonly #senders = new Processes("../programs/drainSender.mjs");
  #onSent = () => {};

  static async start(options: DrainProcessesOptions): Promise<DrainProcesses> {
    const port = await reserveTcpPort();
    const network = splittingNetwork(port.port, options.random);
    network.listen(0, "127.0.0.1");
    await once(network, "listening");
    const processes = new DrainProcesses(options, port, network);
    await processes.startReceiver();
    await processes.startSender();
    return processes;
  }

  private constructor(options: DrainProcessesOptions, port: ReservedPort, network: Server) {
    this.#options = options;
    this.#port = port;
    this.#network = network;
  }

  async startReceiver(): Promise<void> {
    const { scheme, tls } = this.#options;
    const child = await this.#receivers.start({
      scheme,
      port: this.#port.port,
      tls: tls.server,
      arrived: this.#arrivedPath,
    });
    await once(child, "message");
  }

  async startSender(): Promise<void> {
    const { scheme, tls, count } = this.#options;
    const address = this.#network.address() as { port: number };
    const { ca, cert, key } = tls.client;
    const child = await this.#senders.start({
      url: `${scheme}://localhost:${address.port}`,
      tls: { ca, cert, key },
      from: this.sent,
      to: count,
    });
    child.on("message", (sent: number) => {
      this.sent = sent;
      this.#onSent();
    });
  }

  killReceiver(): Promise<void> {
    return this.#receivers.kill();
  }

  killSender(): Promise<void> {
    return this.#senders.kill();
  }

  /** Closes the receiver gracefully. */
  async closeReceiver(): Promise<void> {
    const { running } = this.#receivers;
    const exited = once(running, "exit");
    running.send("close");
    await exited;
  }

  /** Resolves once this number of messages count as sent. */
  async untilSent(count: number): Promise<void> {
    while (this.sent < count) {
      await new Promise<void>((resolve) => {
        this.#onSent = resolve;
      });
    }
  }

  /** Returns how many times each number has arrived. */
  arrivals(): Uint8Array {
    const bytes = readFileSync(this.#arrivedPath);
    const times = new Uint8Array(this.#options.count);
    for (let at = 0; at < bytes.length; at += 4) {
      const number = bytes.readUInt32LE(at);
      times[number] = (times[number] as number) + 1;
    }
    return times;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#senders.dispose();
    await this.#receivers.dispose();
    this.#network.close();
    await this.#port[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true });
  }

  get #arrivedPath(): string {
    return join(this.#directory, "arrived");
  }
}

/** Forwards bytes in pieces of random size. */
function splittingNetwork(port: number, random: SeededRandom): Server {
  const splitting = () =>
    new Transform({
      transform(chunk: Buffer, _, done) {
        for (let at = 0; at < chunk.length; ) {
          const end = at + 1 + Math.floor(random.next() * 40_000);
          this.push(chunk.subarray(at, end));
          at = end;
        }
        done();
      },
    });
  // As in a real network, one side may end before the other one.
  const options = { noDelay: true, allowHalfOpen: true };
  return createServer(options, (client) => {
    const server = connect({ port, host: "127.0.0.1", ...options });
    const end = () => {
      client.destroy();
      server.destroy();
    };
    client.on("error", end);
    server.on("error", end);
    pipeline(client, splitting(), server, { end: true }).catch(end);
    pipeline(server, splitting(), client, { end: true }).catch(end);
  });
}
