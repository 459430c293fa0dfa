export { type NodeFetchOptions, nodeFetch } from "./nodeFetch.js";
