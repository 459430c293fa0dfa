import { selectLog } from "@loggregator/api";
import { EnvelopeStreamConnector } from "@loggregator/egress";
import { IngressClient } from "@loggregator/ingress";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { Agent, fetch } from "undici";
import { expect } from "vitest";
import { numberOf } from "../measures/numbers.js";
import { backoffCapMs, isGo } from "../measures/recovery.js";
import type { Endpoint, Scenario, Tls } from "../scenario.js";
import { GoIngress, GoReader } from "./goClients.js";
import { hasGo } from "./goProgram.js";

/** The source of the envelopes that the server sends to readers. */
const feed = "feed";

/** The settings of the clients' connections. */
export interface ClientSettings {
  readonly tls: Tls;
  readonly host: string;
  /** The timeout for a silent server, in milliseconds. */
  readonly silenceTimeoutMs: number;
  readonly retryBaseDelayMs: number;
  /** True if the gateway is read with HTTP/2. */
  readonly gatewayHttp2: boolean;
  /** True if clients of the Go library run as well. */
  readonly withGo: boolean;
}

/** A client that sends lines. */
export interface Sender {
  readonly name: string;
  /** The first letter of its source's name. */
  readonly letter: string;
  emit(lines: readonly string[]): void;
  /** Flushes the queue, and expects that everything was sent. */
  close(): Promise<void>;
  /** The number of connections that were lost or could not be opened. */
  readonly disconnects?: number;
}

/** A client that reads numbers. */
export interface Reader {
  readonly name: string;
  readonly numbers: readonly number[];
  /** True if the client has stopped retrying. */
  readonly gaveUp?: boolean;
  readonly disconnects?: number;
}

/** One client of each kind, all connected to the same server. */
export class Clients implements AsyncDisposable {
  readonly senders: Sender[];
  readonly readers: Reader[];
  /** The cleanup functions, called in reverse order. */
  readonly #ends: (() => Promise<unknown>)[] = [];

  static async start(scenario: Scenario, settings: ClientSettings): Promise<Clients> {
    const clients = new Clients(scenario, settings);
    if (settings.withGo && hasGo) {
      await clients.#startGo(scenario, settings);
    }
    return clients;
  }

  private constructor(scenario: Scenario, settings: ClientSettings) {
    const { tls, host, silenceTimeoutMs, retryBaseDelayMs, gatewayHttp2 } = settings;
    const retry = { baseDelayMs: retryBaseDelayMs, maxDelayMs: backoffCapMs };
    const ingress = {
      address: `${host}:${scenario.port("ingress")}`,
      tls: async () => tls.client,
      flushIntervalMs: 10,
      connectTimeoutMs: silenceTimeoutMs,
      stallTimeoutMs: silenceTimeoutMs,
      retry,
      logger: null,
    };
    this.senders = [
      this.#send("stream", new IngressClient(ingress)),
      this.#send("acknowledged", new IngressClient({ ...ingress, delivery: "acknowledged" })),
    ];
    const request = { selectors: [selectLog({ sourceId: feed })] };
    const connector = new EnvelopeStreamConnector({
      address: `${host}:${scenario.port("egress")}`,
      tls: async () => tls.client,
      retry,
      connectTimeoutMs: silenceTimeoutMs,
    });
    const agent = new Agent({ allowH2: gatewayHttp2, connect: { ca: tls.client.ca } });
    this.#ends.push(() => agent.destroy());
    const gateway = new RlpGatewayClient({
      url: `https://${host}:${scenario.port("gatewayTls")}`,
      token: "any-token",
      fetch: (url, init) => fetch(url, { ...init, dispatcher: agent }),
      retry,
      logger: null,
      heartbeatTimeoutMs: silenceTimeoutMs,
    });
    this.readers = [
      this.#read("egress", connector, connector.stream(request)),
      this.#read("gateway", gateway, gateway.stream(request)),
    ];
  }

  /** The number of lost connections of each of our clients, by name. */
  disconnects(): Map<string, number> {
    const ours = [...this.senders, ...this.readers].filter(({ name }) => !isGo(name));
    return new Map(ours.map(({ name, disconnects = 0 }) => [name, disconnects]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.reverse()) {
      await end();
    }
  }

  #send(name: string, client: IngressClient): Sender {
    this.#ends.push(() => client.closeSend().catch(() => {}));
    const disconnects = countDisconnects(client);
    let emitted = 0;
    return {
      name,
      letter: name[0] as string,
      emit(lines) {
        for (const line of lines) {
          client.emitLog(line, { sourceId: name });
        }
        emitted += lines.length;
        const { sent, dropped, queued } = client.stats;
        expect(sent + dropped + queued).toBe(emitted);
      },
      async close() {
        await client.closeSend();
        expect(client.stats).toMatchObject({ sent: emitted, dropped: 0, queued: 0 });
      },
      get disconnects() {
        return disconnects.count;
      },
    };
  }

  #read(
    name: string,
    client: EnvelopeStreamConnector | RlpGatewayClient,
    stream: ReturnType<(typeof client)["stream"]>,
  ): Reader {
    const disconnects = countDisconnects(client);
    const numbers: number[] = [];
    const reading = (async () => {
      for await (const batch of stream) {
        numbers.push(...batch.map(numberOf));
      }
    })();
    // It is awaited at the end only.
    reading.catch(() => {});
    this.#ends.push(() => reading);
    this.#ends.push(() => client[Symbol.asyncDispose]());
    return {
      name,
      numbers,
      get disconnects() {
        return disconnects.count;
      },
    };
  }

  async #startGo(scenario: Scenario, { tls: { client: tls }, host }: ClientSettings) {
    const address = (endpoint: Endpoint) => `${host}:${scenario.port(endpoint)}`;
    const [ingress, egress, gateway] = await Promise.all([
      GoIngress.start("go ingress", address("ingress"), tls),
      GoReader.start("egress-reader", address("egress"), feed, tls),
      GoReader.start("gateway-reader", `https://${address("gatewayTls")}`, feed, tls),
    ]);
    for (const go of [ingress, egress, gateway]) {
      this.#ends.push(() => go[Symbol.asyncDispose]());
    }
    this.senders.push({
      name: "go ingress",
      letter: "g",
      emit: (lines) => ingress.emit(lines),
      close: () => ingress.closeSend(),
    });
    this.readers.push(
      Object.assign(egress, { name: "go egress" }),
      Object.assign(gateway, { name: "go gateway" }),
    );
  }
}

function countDisconnects(client: IngressClient | EnvelopeStreamConnector | RlpGatewayClient) {
  const disconnects = { count: 0 };
  const counting = (async () => {
    for await (const { type } of client.status()) {
      if (type === "disconnected") {
        disconnects.count++;
      }
    }
  })();
  counting.catch(() => {});
  return disconnects;
}
