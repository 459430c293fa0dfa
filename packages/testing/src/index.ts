export { abortListeners } from "./abortListeners.js";
export { type ChildEnd, ChildProgram, type ChildProgramOptions } from "./childProgram.js";
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
} from "./fakeGateway.js";
export {
  frameBatch,
  frameMessage,
  GrpcTestServer,
  type GrpcTestServerOptions,
  TestCall,
} from "./grpcTestServer.js";
export { listen, type TestServer } from "./listen.js";
export { Recorder } from "./recorder.js";
export { type ProcessEvents, recordProcessEvents } from "./recordProcessEvents.js";
export { type ReservedPort, reserveTcpPort, reserveUdpPort } from "./reservedPort.js";
export { runModule } from "./runModule.js";
export { type NetworkCondition, TcpProxy } from "./tcpProxy.js";
export { UdpListener } from "./udpListener.js";
