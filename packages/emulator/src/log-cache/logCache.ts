import { Envelope } from "@loggregator/api";
import type { Logger } from "@loggregator/core";
import { Connections } from "../connections.js";
import type { Realism } from "../emulator.js";
import { FaultSwitch } from "../faults/faults.js";
import type { GatewayAccess } from "../gateway/gatewayAccess.js";
import { textRefusal } from "../gateway/gatewayRefusal.js";
import { type HttpHandler, type HttpListener, listenHttp } from "../gateway/httpListener.js";
import { listenGrpc } from "../grpc/grpcListener.js";
import type { ListenAddress } from "../listenAddress.js";
import type { CertificateAndKey } from "../tls/certificates.js";
import type { PreparedTls } from "../tls/tls.js";
import { AuthProxySwitch } from "./authProxySwitch.js";
import { combineLogCacheFaults } from "./combineLogCacheFaults.js";
import type { ApiRequest, ApiResponse } from "./http/apiMessage.js";
import { LogCacheFaultState, type LogCacheFaults } from "./logCacheFaults.js";
import { LogCacheNode } from "./logCacheNode.js";
import type { LogCachePlace, LogCacheSettings } from "./logCacheOptions.js";
import { addLogCacheServices, logCacheMethods } from "./logCacheServices.js";
import type { SyslogPath } from "./syslog/syslogPath.js";

/** The delay of envelopes that are sent by syslog, in milliseconds; observed: 300 to 450 ms. */
const syslogDelayMs = 350;

/** Log-cache without its endpoints. */
export class LogCache {
  readonly node: LogCacheNode;
  readonly state: LogCacheFaultState;
  readonly settings: LogCacheSettings;
  readonly #realism: Realism;
  readonly #logger: Logger;
  /** The syslog path; undefined if envelopes arrive directly. */
  #syslog: SyslogPath | undefined;

  constructor(settings: LogCacheSettings, realism: Realism, logger: Logger) {
    this.settings = settings;
    this.#realism = realism;
    this.#logger = logger;
    this.state = new LogCacheFaultState(() => this.node.clear(), settings);
    this.node = new LogCacheNode({
      ...settings,
      faults: this.state,
      cachesMeta: realism === "strict",
      onCrash: ({ method, reason }) =>
        logger.warn(`a real log-cache node would have crashed in ${method}: ${reason}`),
    });
  }

  /** Loads modules that only some settings need. */
  async prepare(): Promise<void> {
    if (this.settings.path === "direct") {
      return;
    }
    const { SyslogPath } = await import("./syslog/syslogPath.js");
    const delayMs = this.#realism === "strict" ? syslogDelayMs : 0;
    this.#syslog = new SyslogPath({
      retryMs: this.settings.syslogRetryMs,
      logger: this.#logger,
      deliver: (envelope) =>
        this.state.after(delayMs, () =>
          this.node.put(envelope, Envelope.encode(envelope).finish()),
        ),
    });
  }

  /** Accepts an envelope from the agent. */
  accept(envelope: Envelope, bytes: Uint8Array): void {
    if (this.#syslog !== undefined) {
      this.#syslog.accept(envelope);
    } else {
      this.node.put(envelope, bytes);
    }
  }

  close(): void {
    this.#syslog?.close();
    this.state.close();
  }
}

/** The endpoints of log-cache. */
export interface LogCacheEndpoints extends LogCachePlace {
  readonly faults: LogCacheFaults;
  close(): Promise<void>;
}

export interface LogCacheParts {
  readonly tls: PreparedTls;
  /** The tokens that the auth proxy accepts. */
  readonly access: GatewayAccess;
  readonly logger: Logger;
}

/** The defaults of a gRPC server in Go: two hours without open calls. */
const pings = { minIntervalMs: 300_000, minIdleIntervalMs: 7_200_000 };
/** From log-cache's source and observed. */
const maxMessageBytes = 50 * 1024 * 1024;

/**
 * Listens for gRPC, for the auth proxy, and for the gateway.
 *
 * @throws EmulatorStartError if it cannot listen at one of the addresses.
 */
export async function listenLogCache(
  logCache: LogCache,
  { tls, access, logger }: LogCacheParts,
): Promise<LogCacheEndpoints> {
  const { node, state, settings } = logCache;
  await logCache.prepare();
  const proxyConnections = new Connections();
  const gatewayConnections = new Connections();
  const proxyFaults = new FaultSwitch(proxyConnections);
  const gatewayFaults = new FaultSwitch(gatewayConnections);
  const context = { node, startedAt: performance.now(), access, apps: settings.apps };
  const handler = (faults: FaultSwitch, load: () => Promise<Answer>): HttpHandler =>
    lazyHandler(async () => {
      const [{ createLogCacheHandler }, answer] = await Promise.all([
        import("./http/logCacheHandler.js"),
        load(),
      ]);
      return createLogCacheHandler({ ...settings, answer, faults, state, logger });
    });
  const answerProxy = handler(proxyFaults, async () => {
    const { answerProxy } = await import("./http/authProxy.js");
    return (request) => answerProxy(request, context);
  });
  const answerGateway = handler(gatewayFaults, async () => {
    const { answerGateway } = await import("./http/gatewayApi.js");
    return (request) => answerGateway(request, context);
  });

  const open: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(open.map((listener) => listener.close()));
  };
  const http = async (
    address: ListenAddress,
    connections: Connections,
    handler: HttpHandler,
    certificate?: CertificateAndKey,
  ): Promise<HttpListener> => {
    const answerRaw = async () => textRefusal(501, "Not Implemented");
    const options = { address, connections, handler, answerRaw, tls: certificate };
    const listener = await listenHttp(options);
    open.push(listener);
    return listener;
  };
  try {
    const grpc = await listenGrpc({
      address: settings.grpc,
      tls: tls.logCache,
      pings,
      maxMessageBytes,
      methods: logCacheMethods,
      addServices: (server) => addLogCacheServices(server, node),
    });
    open.push(grpc);
    const proxy = await http(settings.proxyHttp, proxyConnections, answerProxy);
    const secure = await http(settings.proxyHttps, proxyConnections, answerProxy, tls.gateway);
    const gateway = await http(settings.gatewayHttp, gatewayConnections, answerGateway);
    const components = {
      server: {
        stop() {
          state.server.stop();
          grpc.stop();
        },
        start() {
          state.server.start();
          grpc.start();
        },
      },
      gateway: {
        stop() {
          state.gateway.stop();
          gatewayConnections.refuse();
          gatewayConnections.destroy();
        },
        start() {
          state.gateway.start();
          gatewayConnections.accept();
        },
      },
      authProxy: new AuthProxySwitch(proxyConnections, access.uaa),
    };
    const endpointFaults = [grpc.faults, proxyFaults, gatewayFaults];
    return {
      address: grpc.address,
      proxyAddress: proxy.address,
      url: proxy.url,
      httpsAddress: secure.address,
      httpsUrl: secure.url,
      gatewayAddress: gateway.address,
      gatewayUrl: gateway.url,
      faults: combineLogCacheFaults(state, endpointFaults, components),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Answer = (request: ApiRequest) => Promise<ApiResponse>;

/**
 * Returns a handler whose code is loaded with the first request, as most emulators never receive
 * one.
 */
function lazyHandler(load: () => Promise<HttpHandler>): HttpHandler {
  let loaded: Promise<HttpHandler> | undefined;
  return (request, response) => {
    loaded ??= load();
    loaded.then(
      (handler) => handler(request, response),
      () => response.destroy(),
    );
  };
}
