export { type NodeFetchOptions, nodeFetch } from "./nodeFetch.js";
export {
  type HttpProxy,
  openTunnel,
  ProxyError,
  proxyOfEnvironment,
  type TunnelSocket,
} from "./openTunnel.js";
