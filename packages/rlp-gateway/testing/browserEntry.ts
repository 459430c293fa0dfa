export { uaaClientCredentials } from "@loggregator/auth";
export * from "../src/index.js";
