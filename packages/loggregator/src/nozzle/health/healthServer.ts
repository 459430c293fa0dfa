import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { formatHostPort, type HostPort } from "@loggregator/core";
import type { Supervisor } from "../supervisor/supervisor.js";
import { healthReport } from "./healthReport.js";
import { listenError } from "./listenError.js";
import { metricsText } from "./metricsText.js";

export interface HealthServerOptions {
  readonly address: HostPort;
  readonly supervisor: () => Supervisor | undefined;
  readonly destination: string;
  readonly shardId: string | undefined;
}

/** Serves `/healthz`, `/livez` and `/metrics`. */
export interface HealthServer extends Disposable {
  readonly address: string;
}

/** @throws CommandError if the address cannot be listened on. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer(({ url = "/", method }, response) => {
    if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    answer(url.replace(/\?.*$/s, ""), options, response);
  });
  server.listen(options.address);
  await once(server, "listening").catch((cause) => {
    throw listenError("--health", cause);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    address: formatHostPort({ host: address, port }),
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(
  path: string,
  { supervisor: find, ...names }: HealthServerOptions,
  response: ServerResponse,
): void {
  const supervisor = find();
  switch (path) {
    case "/livez":
      send(response, 200, "text/plain", "ok\n");
      return;
    case "/healthz": {
      const { destination, shardId } = names;
      const report =
        supervisor === undefined
          ? { status: "starting" }
          : healthReport(supervisor, { destination, shardId });
      const status = report.status === "ok" ? 200 : 503;
      send(response, status, "application/json", `${JSON.stringify(report, undefined, 2)}\n`);
      return;
    }
    case "/metrics":
      send(response, 200, "text/plain; version=0.0.4", metricsText(supervisor?.workers ?? []));
      return;
    default:
      send(response, 404, "text/plain", "try /healthz, /livez or /metrics\n");
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8` }).end(body);
}
