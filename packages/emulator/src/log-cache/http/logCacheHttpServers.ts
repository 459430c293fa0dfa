import type { Logger } from "@loggregator/core";
import type { ComponentFault } from "../../faults/componentFault.js";
import { FaultSwitch } from "../../faults/faults.js";
import type { AdmissionOptions } from "../../gateway/access/admitRequest.js";
import { textRefusal } from "../../gateway/gatewayRefusal.js";
import { type HttpHandler, type HttpListener, listenHttp } from "../../gateway/httpListener.js";
import { Connections } from "../../network/connections.js";
import type { ListenAddress } from "../../network/listenAddress.js";
import type { CertificateAndKey } from "../../tls/certificateAuthority.js";
import type { LogCacheFaultState } from "../logCacheFaults.js";
import type { ApiRequest, ApiResponse } from "./apiMessage.js";

/** Answers a request. */
export type Answer = (request: ApiRequest) => Promise<ApiResponse>;

export interface LogCacheHttpOptions extends AdmissionOptions {
  readonly state: LogCacheFaultState;
  readonly logger: Logger;
  /** Called with the first request, as most emulators never receive one. */
  readonly loadAnswer: () => Promise<Answer>;
}

/** The HTTP and HTTPS servers of one component: the auth proxy, or the gateway. */
export class LogCacheHttpServers implements ComponentFault {
  readonly faults: FaultSwitch;
  readonly #connections = new Connections();
  readonly #handler: HttpHandler;
  readonly #listeners: HttpListener[] = [];

  constructor(options: LogCacheHttpOptions) {
    const faults = new FaultSwitch(this.#connections);
    this.faults = faults;
    this.#handler = lazyHandler(async () => {
      const [{ createLogCacheHandler }, answer] = await Promise.all([
        import("./createLogCacheHandler.js"),
        options.loadAnswer(),
      ]);
      return createLogCacheHandler({ ...options, answer, faults });
    });
  }

  /**
   * Starts another server; with a certificate, for HTTPS.
   *
   * @throws EmulatorStartError if it cannot listen at the address.
   */
  async listen(address: ListenAddress, tls?: CertificateAndKey): Promise<HttpListener> {
    const listener = await listenHttp({
      address,
      tls,
      connections: this.#connections,
      handler: this.#handler,
      answerRaw: async () => textRefusal(501, "Not Implemented"),
    });
    this.#listeners.push(listener);
    return listener;
  }

  /** Ends all connections and refuses new ones. */
  stop(): void {
    this.#connections.refuse();
    this.#connections.destroy();
  }

  start(): void {
    this.#connections.accept();
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}

/** Returns a handler whose code is loaded with the first request. */
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
