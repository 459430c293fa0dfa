import { type NetworkCondition, TcpProxy } from "@loggregator/testing";
import type { SeededRandom } from "./seedRandom.js";
import type { issueTls } from "./servers/issueTls.js";
import { ServerProcess } from "./servers/serverProcess.js";

export type Tls = Awaited<ReturnType<typeof issueTls>>;

/** The endpoints that clients connect to. */
export type Endpoint = "ingress" | "egress" | "gatewayTls";

type Proxies = Readonly<Record<Endpoint, TcpProxy>>;

/** A server process behind proxies that simulate network faults. */
export class Scenario implements AsyncDisposable {
  readonly server: ServerProcess;
  readonly random: SeededRandom;
  readonly #proxies: Proxies;

  static async start(tls: Tls, lineBytes: number, random: SeededRandom): Promise<Scenario> {
    const server = await ServerProcess.start(tls.server, { eachMs: 5, lineBytes });
    const to = (endpoint: Endpoint) => TcpProxy.to(() => server.addresses[endpoint]);
    const proxies = {
      ingress: await to("ingress"),
      egress: await to("egress"),
      gatewayTls: await to("gatewayTls"),
    };
    return new Scenario(server, random, proxies);
  }

  private constructor(server: ServerProcess, random: SeededRandom, proxies: Proxies) {
    this.server = server;
    this.random = random;
    this.#proxies = proxies;
  }

  port(endpoint: Endpoint): number {
    return this.#proxies[endpoint].port;
  }

  /** Changes the condition of all proxies. */
  condition(condition: NetworkCondition): void {
    for (const proxy of this.#all) {
      proxy.condition = condition;
    }
  }

  /** Resets all connections. */
  reset(): void {
    for (const proxy of this.#all) {
      proxy.reset();
    }
  }

  /** Closes the ports that clients connect to, and breaks all connections. */
  async closePorts(): Promise<number[]> {
    await Promise.all(this.#all.map((proxy) => proxy.close()));
    return this.#all.map(({ port }) => port);
  }

  /** Listens on the ports again. */
  async reopenPorts(): Promise<void> {
    await Promise.all(this.#all.map((proxy) => proxy.listen()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    for (const proxy of this.#all) {
      await proxy.close();
    }
  }

  get #all(): TcpProxy[] {
    return Object.values(this.#proxies);
  }
}
