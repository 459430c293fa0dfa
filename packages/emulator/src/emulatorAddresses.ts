import type { Emulator } from "./emulator.js";
import type { EmulatorCore } from "./emulatorCore.js";
import type { Endpoints } from "./endpoints.js";
import { RunningOtlp } from "./otlp/runningOtlp.js";
import type { RestApi } from "./rest/restApi.js";

/**
 * The public endpoints of an emulator: their addresses, and the data that some of them received.
 */
export class EmulatorAddresses {
  readonly ingress: Emulator["ingress"];
  readonly egress: Emulator["egress"];
  readonly router: Emulator["router"];
  readonly gateway: Emulator["gateway"];
  readonly v1: Emulator["v1"];
  readonly logCache: Emulator["logCache"];
  readonly otlp: Emulator["otlp"];
  readonly syslog: Emulator["syslog"];
  readonly api: Emulator["api"];

  constructor(core: EmulatorCore, endpoints: Endpoints, api: RestApi | undefined) {
    const { ingress, egress, router, gateway, v1, otlp, syslog } = endpoints;
    const { faults: _faults, close: _close, ...logCachePlace } = endpoints.logCache;
    const { address, url, httpsAddress, httpsUrl } = gateway;
    const { node } = core.logCache;
    this.ingress = { address: ingress.address };
    this.egress = { address: egress.address };
    this.router = { address: router.address };
    this.gateway = { address, url, httpsAddress, httpsUrl };
    this.v1 = { address: v1.address };
    this.logCache = {
      ...logCachePlace,
      get crashes() {
        return [...node.crashes];
      },
    };
    this.otlp = new RunningOtlp(otlp, core.otlp);
    this.syslog = syslog && { address: syslog.address };
    this.api = api && { address: api.address, url: api.url };
  }
}
