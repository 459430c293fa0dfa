export { type CfCliTokenOptions, cfCliToken } from "./cfCliToken.js";
export { type CfConfig, readCfConfig } from "./cfConfig.js";
