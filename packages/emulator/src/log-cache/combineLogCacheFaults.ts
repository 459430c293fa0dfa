import type { Faults } from "../faults/faults.js";
import type { LogCacheFaultState, LogCacheFaults } from "./logCacheFaults.js";

/**
 * Returns the faults of log-cache in their public form.
 *
 * @param endpoints The faults of its gRPC and HTTP endpoints.
 */
export function combineLogCacheFaults(
  state: LogCacheFaultState,
  endpoints: readonly Faults[],
  { server, gateway, authProxy }: Pick<LogCacheFaults, "server" | "gateway" | "authProxy">,
): LogCacheFaults {
  return {
    node: state.node,
    server,
    gateway,
    authProxy,
    dropConnections() {
      for (const faults of endpoints) {
        faults.dropConnections();
      }
    },
    delay(ms) {
      for (const faults of endpoints) {
        faults.delay(ms);
      }
    },
    stopReading() {
      for (const faults of endpoints) {
        faults.stopReading();
      }
    },
    limitResponses: (maxBytes) => state.limitResponses(maxBytes),
    delayArrivals: (lateness) => state.delayArrivals(lateness),
    skewClock: (ms) => state.skewClock(ms),
    replaceKeys: () => state.replaceKeys(),
    clear() {
      for (const faults of endpoints) {
        faults.clear();
      }
      server.start();
      gateway.start();
      authProxy.start();
      state.clear();
    },
  };
}
