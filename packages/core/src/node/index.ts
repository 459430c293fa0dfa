export { basicAuthorization } from "./basicAuthorization.js";
export { type NodeFetchOptions, nodeFetch } from "./nodeFetch.js";
export {
  type HttpProxy,
  openTunnel,
  ProxyError,
  proxyOfEnvironment,
  type TunnelSocket,
} from "./openTunnel.js";
