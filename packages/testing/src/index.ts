export { abortListeners } from "./abortListeners.js";
export { type NetworkCondition, TcpProxy } from "./network/tcpProxy.js";
export { type ChildEnd, ChildProgram, type ChildProgramOptions } from "./processes/childProgram.js";
export { collectGarbage, openHandles } from "./processes/collectGarbage.js";
export {
  type NozzleHealth,
  NozzleProgram,
  nozzleTotal,
} from "./processes/nozzleProgram.js";
export { type ProcessEvents, recordProcessEvents } from "./processes/recordProcessEvents.js";
export { runModule } from "./processes/runModule.js";
export { Recorder } from "./recorder.js";
export { seededRandom } from "./seededRandom.js";
export {
  batchEvent,
  batchJson,
  closingEvent,
  FakeGateway,
  GatewayConnection,
  heartbeatEvent,
  take,
  takeUntilError,
  texts,
} from "./servers/fakeGateway.js";
export {
  frameBatch,
  frameMessage,
  GrpcTestServer,
  type GrpcTestServerOptions,
  TestCall,
} from "./servers/grpcTestServer.js";
export { listen, type TestServer } from "./servers/listen.js";
export { type ReservedPort, reserveTcpPort, reserveUdpPort } from "./servers/reservedPort.js";
export { serveHttp } from "./servers/serveHttp.js";
export { UdpListener } from "./servers/udpListener.js";
export { ThrowingLogger } from "./throwingLogger.js";
