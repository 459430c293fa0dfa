export {
  type CertificateAndKey,
  type CertificateAuthority,
  type CertificateAuthorityOptions,
  createCertificateAuthority,
  type IssueOptions,
} from "./certificates.js";
export type {
  EgressOptions,
  Emulator,
  EmulatorOptions,
  IngressOptions,
  ListenOptions,
  V1Options,
} from "./emulator.js";
export type { EmulatorFaults } from "./emulatorFaults.js";
export { EmulatorClosedError, EmulatorStartError } from "./errors.js";
export type { Faults } from "./faults.js";
export type { GatewayOptions, GatewayPlace } from "./gateway.js";
export type { GatewayTokens, TokenRights } from "./gatewayAccess.js";
export type { GatewayCors } from "./gatewayCors.js";
export type { GatewayFaults } from "./gatewayFaults.js";
export type { GrpcFaults } from "./grpcFaults.js";
export type { Logger } from "./logger.js";
export { startEmulator } from "./startEmulator.js";
export type { EmulatorStats } from "./stats.js";
export type { ClientTls, EmulatorTls, EmulatorTlsOptions } from "./tls.js";
export type { V1Faults, V1Tags } from "./v1Ingress.js";
