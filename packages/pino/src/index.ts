export { createDestination, type LoggregatorDestination } from "./createDestination.js";
export type { LineOptions, TransportIngressOptions, TransportOptions } from "./options.js";
export { default } from "./transport.js";
