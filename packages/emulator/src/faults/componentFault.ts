/** A component that can be stopped, as in an outage or a restart. */
export interface ComponentFault {
  /** Stops the component. No effect if it is stopped. */
  stop(): void;
  /** Starts the component again. No effect if it is running. */
  start(): void;
}

/** Returns a component whose parts are stopped and started together, in this order. */
export function joinComponents(...parts: readonly ComponentFault[]): ComponentFault {
  return {
    stop() {
      for (const part of parts) {
        part.stop();
      }
    },
    start() {
      for (const part of parts) {
        part.start();
      }
    },
  };
}

/** Whether a component is stopped. */
export class ComponentSwitch implements ComponentFault {
  #stopped = false;
  readonly #waiting = new Set<() => void>();

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
  }

  start(): void {
    this.#stopped = false;
    for (const callback of this.#waiting) {
      callback();
    }
    this.#waiting.clear();
  }

  /** Calls back when the component is started, or immediately if it is running. */
  whenRunning(callback: () => void): void {
    if (this.#stopped) {
      this.#waiting.add(callback);
    } else {
      callback();
    }
  }
}
