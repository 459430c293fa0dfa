import type { ComponentFault, ComponentSwitch } from "../faults/componentFault.js";

/**
 * Stops and starts log-cache's auth proxy. After a start it listens once it has UAA's keys, as
 * observed of a real one; later it does not need UAA.
 */
export class AuthProxySwitch implements ComponentFault {
  readonly #proxy: ComponentFault;
  readonly #uaa: ComponentSwitch;
  #isStarted = true;

  constructor(proxy: ComponentFault, uaa: ComponentSwitch) {
    this.#proxy = proxy;
    this.#uaa = uaa;
  }

  stop(): void {
    this.#isStarted = false;
    this.#proxy.stop();
  }

  start(): void {
    this.#isStarted = true;
    this.#uaa.whenRunning(this.#listen);
  }

  readonly #listen = (): void => {
    if (this.#isStarted) {
      this.#proxy.start();
    }
  };
}
