export type { ConnectionStatus, Logger, RetryOptions } from "@loggregator/core";
export { AddressLookupError, DatagramSendError, OversizedDatagramError } from "./errors.js";
export type { V1ClientOptions, V1Stats } from "./options.js";
export { V1Client } from "./v1Client.js";
