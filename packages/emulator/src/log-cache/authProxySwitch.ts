import type { Connections } from "../connections.js";
import type { ComponentFault, ComponentSwitch } from "../faults/componentFault.js";

/**
 * Stops and starts log-cache's auth proxy. A started one does not listen before it has UAA's keys,
 * as observed; later it does not need UAA.
 */
export class AuthProxySwitch implements ComponentFault {
  readonly #connections: Connections;
  readonly #uaa: ComponentSwitch;
  #isStarted = true;

  constructor(connections: Connections, uaa: ComponentSwitch) {
    this.#connections = connections;
    this.#uaa = uaa;
  }

  stop(): void {
    this.#isStarted = false;
    this.#connections.refuse();
    this.#connections.destroy();
  }

  start(): void {
    this.#isStarted = true;
    this.#uaa.whenRunning(this.#listen);
  }

  readonly #listen = (): void => {
    if (this.#isStarted) {
      this.#connections.accept();
    }
  };
}
