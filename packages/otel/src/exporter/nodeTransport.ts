// The parts of the exporter that need Node.js: in browsers, noNodeTransport.ts replaces them.
export { createGrpcTransport } from "./grpcTransport.js";
export { fetchWithFiles, loadTlsFiles } from "./tlsFiles.js";
