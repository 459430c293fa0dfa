import { closestName, formatValue, OptionTypeError } from "@loggregator/core";
import type { EmulatorFaults } from "./emulatorFaults.js";

/** A fault in effect. */
export interface ActiveFault {
  /** The endpoint or component, such as `gateway` or `logCache.node`. */
  readonly target: string;
  /** The method that caused it, such as `refuse`. */
  readonly fault: string;
  /** The arguments of the method by name, such as `status`. */
  readonly [argument: string]: unknown;
}

/** The faults, with the names of their arguments. */
const faultArguments: Readonly<Record<string, readonly string[]>> = {
  dropConnections: [],
  delay: ["ms"],
  stopReading: [],
  refuse: ["status", "message"],
  limitResponses: ["maxBytes"],
  delayArrivals: ["ms"],
  skewClock: ["ms"],
  replaceKeys: [],
  acceptPartially: ["rejected", "message"],
  stop: [],
};

/** Faults without a duration. */
const momentary = ["dropConnections", "replaceKeys"];

/** The endpoints that a fault of all endpoints applies to. */
const endpoints = ["ingress", "egress", "gateway", "logCache", "otlp"];

type Method = (...values: unknown[]) => void;
type Methods = Record<string, Method>;

/** Records which faults are in effect, and applies faults by name. */
export class FaultRegistry {
  /** The recorded faults. */
  readonly faults: EmulatorFaults;
  readonly #targets = new Map<string, Methods>();
  readonly #active = new Map<string, ActiveFault>();

  constructor(faults: Omit<EmulatorFaults, "active">) {
    const { ingress, egress, gateway, v1, logCache, otlp } = faults;
    const { agent, router, rlp, uaa, cloudController } = faults;
    const watch = <T extends object>(target: string, methods: T) => this.#watch(target, methods);
    this.faults = {
      ...watch("all", faults),
      ingress: watch("ingress", ingress),
      egress: watch("egress", egress),
      gateway: watch("gateway", gateway),
      v1: watch("v1", v1),
      logCache: {
        ...watch("logCache", logCache),
        node: watch("logCache.node", logCache.node),
        server: watch("logCache.server", logCache.server),
        gateway: watch("logCache.gateway", logCache.gateway),
        authProxy: watch("logCache.authProxy", logCache.authProxy),
      },
      otlp: watch("otlp", otlp),
      agent: watch("agent", agent),
      router: watch("router", router),
      rlp: watch("rlp", rlp),
      uaa: watch("uaa", uaa),
      cloudController: watch("cloudController", cloudController),
      active: () => [...this.#active.values()],
    };
  }

  /**
   * Applies the fault that an object describes, such as `{ target: "agent", fault: "stop" }`.
   *
   * @throws OptionTypeError, OptionRangeError for an unknown or invalid fault.
   */
  apply(description: object): void {
    const { target, fault, ...values } = description as Record<string, unknown>;
    const methods = this.#methodsOf(target ?? "all");
    const names = Object.keys(faultArguments).filter((name) => Object.hasOwn(methods, name));
    const name = known("fault", fault, names);
    const argumentNames = faultArguments[name] as readonly string[];
    // Its second argument is an object.
    const isOtlpRefusal = target === "otlp" && name === "refuse";
    for (const given of Object.keys(values)) {
      const names = isOtlpRefusal ? [...argumentNames, "retryAfterMs"] : argumentNames;
      known(`the argument of ${name}`, given, names);
    }
    if (values["message"] !== undefined && typeof values["message"] !== "string") {
      throw new OptionTypeError("message", "a string", formatValue(values["message"]));
    }
    if (isOtlpRefusal) {
      const { status, ...options } = values;
      methods[name]?.(status, options);
    } else {
      methods[name]?.(...argumentNames.map((argument) => values[argument]));
    }
  }

  /**
   * Ends the faults of a target, or all of them.
   *
   * @throws OptionTypeError for an unknown target.
   */
  clear(target = "all"): void {
    const { clear, start } = this.#methodsOf(target);
    clear?.();
    start?.();
  }

  #methodsOf(target: unknown): Methods {
    return this.#targets.get(known("target", target, [...this.#targets.keys()])) as Methods;
  }

  /** Returns the methods of a target, which record their calls. */
  #watch<T extends object>(target: string, methods: T): T {
    const watched: Methods = {};
    for (const name of [...Object.keys(faultArguments), "clear", "start"]) {
      const method = (methods as Methods)[name];
      if (typeof method === "function") {
        watched[name] = (...values) => {
          method.apply(methods, values);
          this.#called(target, name, values);
        };
      }
    }
    this.#targets.set(target, watched);
    return watched as T;
  }

  #called(target: string, fault: string, values: readonly unknown[]): void {
    if (target === "all" && (fault === "delay" || fault === "stopReading")) {
      for (const endpoint of fault === "stopReading" ? [...endpoints, "v1"] : endpoints) {
        this.#called(endpoint, fault, values);
      }
      return;
    }
    const key = `${target} ${fault}`;
    if (fault === "start") {
      this.#active.delete(`${target} stop`);
    } else if (fault === "clear") {
      for (const [one, { target: place }] of this.#active) {
        if (target === "all" || place === target || place.startsWith(`${target}.`)) {
          this.#active.delete(one);
        }
      }
    } else if (values[0] === 0) {
      // A delay of 0 is none.
      this.#active.delete(key);
    } else if (!momentary.includes(fault)) {
      const names = faultArguments[fault] ?? [];
      const given = names.flatMap((name, index) => {
        const value = values[index];
        return typeof value === "object" && value !== null
          ? Object.entries(value)
          : [[name, value] as const];
      });
      this.#active.set(key, {
        target,
        fault,
        ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
      });
    }
  }
}

/** @throws OptionTypeError if the name is not one of the known ones. */
function known(what: string, name: unknown, names: readonly string[]): string {
  if (typeof name === "string" && names.includes(name)) {
    return name;
  }
  const closest = typeof name === "string" ? closestName(name, names) : undefined;
  const expected = names.length === 0 ? "left out" : `one of ${names.join(", ")}`;
  const advice = closest === undefined ? "" : `; did you mean ${formatValue(closest)}?`;
  const message = `${what} must be ${expected}, got ${formatValue(name)}${advice}`;
  throw new OptionTypeError(what, expected, formatValue(name), message);
}
