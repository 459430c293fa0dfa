// The parts of the exporter that need Node.js: in browsers, noNodeTransport.ts replaces them.
export { createGrpcTransport, openGrpcConnection } from "./grpcTransport.js";
export { readCredentials } from "./tlsFiles.js";
