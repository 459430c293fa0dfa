import type { V1Faults } from "../v1/v1Ingress.js";
import type { Faults } from "./faults.js";
import type { GatewayFaults } from "./gatewayFaults.js";
import type { GrpcFaults } from "./grpcFaults.js";

interface Endpoints {
  readonly ingress: GrpcFaults;
  readonly egress: GrpcFaults;
  readonly gateway: GatewayFaults;
  readonly v1: V1Faults;
}

/** The faults of each endpoint, and those that all can have at once. UDP has no connections, and no delay. */
export interface EmulatorFaults extends Faults, Endpoints {}

export function combineFaults(endpoints: Endpoints): EmulatorFaults {
  const { ingress, egress, gateway, v1 } = endpoints;
  const connected = [ingress, egress, gateway];
  return {
    ...endpoints,
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
    },
  };
}
