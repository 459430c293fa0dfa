import { type Envelope, EnvelopeBatch } from "@loggregator/api";
import {
  EgressDefinition,
  IngressDefinition,
  PromQLQuerierDefinition,
} from "@loggregator/api/log-cache";
import { type Channel, type Client, createClient } from "nice-grpc";
import type { Emulator } from "../src/index.js";
import { openChannel } from "./grpcClients.js";

type Served = Pick<Emulator, "logCache" | "tls">;

/** Plain gRPC clients of one emulator's log-cache, closed with `using`. */
export class LogCacheClients implements Disposable {
  readonly ingress: Client<IngressDefinition>;
  readonly egress: Client<EgressDefinition>;
  readonly promql: Client<PromQLQuerierDefinition>;
  readonly #channel: Channel;

  constructor(emulator: Served) {
    this.#channel = openChannel(emulator.logCache.address, emulator.tls.logCache);
    this.ingress = createClient(IngressDefinition, this.#channel);
    this.egress = createClient(EgressDefinition, this.#channel);
    this.promql = createClient(PromQLQuerierDefinition, this.#channel);
  }

  async send(...batch: Envelope[]): Promise<void> {
    await this.ingress.send({ envelopes: { batch }, localOnly: false });
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }
}

/** Sends an encoded `EnvelopeBatch`. */
export async function sendBatch(emulator: Served, bytes: Uint8Array): Promise<void> {
  using clients = new LogCacheClients(emulator);
  await clients.send(...EnvelopeBatch.decode(bytes).batch);
}

/** A response of log-cache's HTTP API. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

/** Requests a path of the gateway. */
export async function getGateway(
  { logCache }: Served,
  path: string,
  init?: RequestInit,
): Promise<HttpAnswer> {
  return answerOf(await fetch(logCache.gatewayUrl + path, { redirect: "manual", ...init }));
}

/** Requests a path of the auth proxy, with a token. */
export async function getProxy(
  { logCache }: Served,
  path: string,
  token: string | undefined,
  init?: RequestInit,
): Promise<HttpAnswer> {
  const headers = { ...(token !== undefined && { authorization: token }), ...init?.headers };
  return answerOf(await fetch(logCache.url + path, { redirect: "manual", ...init, headers }));
}

async function answerOf(response: Response): Promise<HttpAnswer> {
  const body = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), body };
}

/** The envelopes of an answer to a read, as JSON. */
export function envelopesOf({ body }: HttpAnswer): Record<string, unknown>[] {
  return (JSON.parse(body) as { envelopes: { batch: Record<string, unknown>[] } }).envelopes.batch;
}

/** The texts of the logs in an answer to a read. */
export function logsOf(answer: HttpAnswer): string[] {
  return envelopesOf(answer).map(({ log }) =>
    Buffer.from((log as { payload: string } | undefined)?.payload ?? "", "base64").toString(),
  );
}
