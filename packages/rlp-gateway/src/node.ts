export { type NodeFetchOptions, nodeFetch } from "@loggregator/core/node";
