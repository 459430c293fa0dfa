import type { V1Faults } from "../agent/udpForwarder.js";
import type { LogCacheFaults } from "../log-cache/logCacheFaults.js";
import type { OtlpFaults } from "../otlp/otlpFaults.js";
import type { ComponentFault } from "./componentFault.js";
import type { ActiveFault } from "./faultRegistry.js";
import type { Faults } from "./faults.js";
import type { GatewayFaults } from "./gatewayFaults.js";
import type { GrpcFaults } from "./grpcFaults.js";

interface Endpoints {
  readonly ingress: GrpcFaults;
  readonly egress: GrpcFaults;
  readonly gateway: GatewayFaults;
  readonly v1: V1Faults;
  readonly logCache: LogCacheFaults;
  readonly otlp: OtlpFaults;
}

/** The components that can be stopped and started again. */
export interface Components {
  /** Resets open and new connections, drops datagrams, and resets the totals of counters. */
  readonly agent: ComponentFault;
  /**
   * Drops all envelopes. Streams of readers stay open and silent. They resume when it is started:
   * immediately, or with `realism: "strict"` at the RLP's next attempt. The RLP's first attempt
   * follows the stop immediately; the delays between further attempts are 1, 10 and 100 ms, 1 and
   * 10 s, and then always 100 s.
   */
  readonly router: ComponentFault;
  /**
   * Ends the streams of readers without an error, those of the gateway without `closing`. New
   * connections to egress are reset; the gateway answers 503 once it has detected the stop.
   */
  readonly rlp: ComponentFault;
  /** The gateway answers 404 to all new requests. Log-cache's auth proxy has its own copy of the keys. */
  readonly uaa: ComponentFault;
  /**
   * The gateway answers 404 to new requests with a user's token, and so does log-cache's auth proxy;
   * its `meta` is empty for users.
   */
  readonly cloudController: ComponentFault;
}

/** The faults of each endpoint and component, and those of all endpoints at once. */
export interface EmulatorFaults extends Faults, Endpoints, Components {
  /** Returns the faults in effect. */
  active(): readonly ActiveFault[];
}

/**
 * @param routerEndpoint The faults of the router's endpoint, which only change together with all
 * others.
 */
export function combineFaults(
  endpoints: Endpoints,
  components: Components,
  routerEndpoint: Faults,
): Omit<EmulatorFaults, "active"> {
  const { ingress, egress, gateway, v1, logCache, otlp } = endpoints;
  const { agent, router, rlp, uaa, cloudController } = components;
  // UDP has neither connections nor delays.
  const connected = [ingress, egress, gateway, logCache, otlp, routerEndpoint];
  return {
    ...endpoints,
    ...components,
    dropConnections() {
      for (const faults of connected) {
        faults.dropConnections();
      }
    },
    delay(ms) {
      for (const faults of connected) {
        faults.delay(ms);
      }
    },
    stopReading() {
      for (const faults of [...connected, v1]) {
        faults.stopReading();
      }
    },
    clear() {
      for (const faults of [...connected, v1]) {
        faults.clear();
      }
      for (const component of [agent, router, rlp, uaa, cloudController]) {
        component.start();
      }
    },
  };
}
