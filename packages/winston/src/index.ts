export { LoggregatorTransport } from "./loggregatorTransport.js";
export type { LoggregatorTransportOptions } from "./options.js";
