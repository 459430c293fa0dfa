/** A component that can be stopped, as in an outage or a restart. */
export interface ComponentFault {
  /** Stops it. No effect if it is stopped. */
  stop(): void;
  /** Starts it again. No effect if it is running. */
  start(): void;
}

/** Whether a component is stopped. */
export class ComponentSwitch implements ComponentFault {
  #stopped = false;

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
  }

  start(): void {
    this.#stopped = false;
  }
}
