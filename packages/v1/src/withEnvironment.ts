import { objectArgument } from "@loggregator/core";
import type { V1ClientOptions } from "./options.js";

/** Completes options with the address that `loggregator emulate --env` writes. */
export function withEnvironment(
  options: V1ClientOptions,
  environment: Readonly<Record<string, string | undefined>>,
): V1ClientOptions {
  objectArgument("options", options);
  const address = options.address ?? (environment["LOGGREGATOR_V1_ADDRESS"] || undefined);
  return { ...options, address };
}
