import type { Logger } from "@loggregator/core";
import { joinComponents } from "../faults/componentFault.js";
import type { GatewayAccess } from "../gateway/access/gatewayAccess.js";
import { listenGrpc } from "../grpc/grpcListener.js";
import type { PreparedTls } from "../tls/emulatorTls.js";
import { AuthProxySwitch } from "./authProxySwitch.js";
import { combineLogCacheFaults } from "./combineLogCacheFaults.js";
import type { GatewayContext } from "./http/answerGateway.js";
import type { ProxyContext } from "./http/answerProxy.js";
import { type Answer, LogCacheHttpServers } from "./http/logCacheHttpServers.js";
import type { LogCache } from "./logCache.js";
import type { LogCacheFaults } from "./logCacheFaults.js";
import type { LogCachePlace } from "./logCacheOptions.js";
import { addLogCacheServices, logCacheMethods } from "./logCacheServices.js";

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
/** From the source of log-cache, and confirmed by observation. */
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
  const context = { node, startedAt: performance.now(), access, apps: settings.apps };
  const shared = { ...settings, state, logger };
  const proxy = new LogCacheHttpServers({ ...shared, loadAnswer: proxyLoader(context) });
  const gateway = new LogCacheHttpServers({ ...shared, loadAnswer: gatewayLoader(context) });
  const grpc = await listenGrpc({
    address: settings.grpc,
    tls: tls.logCache,
    pings,
    maxMessageBytes,
    methods: logCacheMethods,
    addServices: (server) => addLogCacheServices(server, node),
  });
  const close = async () => {
    await Promise.all([grpc.close(), proxy.close(), gateway.close()]);
  };
  try {
    const proxyHttp = await proxy.listen(settings.proxyHttp);
    const proxyHttps = await proxy.listen(settings.proxyHttps, tls.gateway);
    const gatewayHttp = await gateway.listen(settings.gatewayHttp);
    const faults = combineLogCacheFaults(state, [grpc.faults, proxy.faults, gateway.faults], {
      server: joinComponents(state.server, grpc),
      gateway: joinComponents(state.gateway, gateway),
      authProxy: new AuthProxySwitch(proxy, access.uaa),
    });
    return {
      address: grpc.address,
      proxyAddress: proxyHttp.address,
      url: proxyHttp.url,
      httpsAddress: proxyHttps.address,
      httpsUrl: proxyHttps.url,
      gatewayAddress: gatewayHttp.address,
      gatewayUrl: gatewayHttp.url,
      faults,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function proxyLoader(context: ProxyContext): () => Promise<Answer> {
  return async () => {
    const { answerProxy } = await import("./http/answerProxy.js");
    return (request) => answerProxy(request, context);
  };
}

function gatewayLoader(context: GatewayContext): () => Promise<Answer> {
  return async () => {
    const { answerGateway } = await import("./http/answerGateway.js");
    return (request) => answerGateway(request, context);
  };
}
