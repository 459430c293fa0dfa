// The parts of the exporter that need Node.js: in browsers, noNodeTransport.ts replaces them.

export { readCredentials } from "../environment/readCredentials.js";
export { createGrpcTransport, openGrpcConnection } from "../grpc/grpcTransport.js";
