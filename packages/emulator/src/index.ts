export type { LifetimeStatus, Logger } from "@loggregator/core";
export type { V1Faults, V1Tags } from "./agent/udpForwarder.js";
export type { DrainData, EmulatedDrain } from "./drains/drainOptions.js";
export type { DrainsStats } from "./drains/drains.js";
export type {
  EgressOptions,
  EmulatedDrains,
  EmulatedLogCache,
  Emulator,
  EmulatorOptions,
  IngressOptions,
  ListenOptions,
  Realism,
  V1Options,
} from "./emulator.js";
export { EmulatorClosedError, EmulatorStartError, EmulatorTimeoutError } from "./errors.js";
export type { ComponentFault } from "./faults/componentFault.js";
export type { Components, EmulatorFaults } from "./faults/emulatorFaults.js";
export type { ActiveFault } from "./faults/faultRegistry.js";
export type { Faults } from "./faults/faults.js";
export type { GatewayFaults } from "./faults/gatewayFaults.js";
export type { GrpcFaults } from "./faults/grpcFaults.js";
export type { GatewayTokens, TokenRights } from "./gateway/access/gatewayAccess.js";
export type { GatewayCors } from "./gateway/access/gatewayCors.js";
export type { WebAccessOptions } from "./gateway/access/readWebAccess.js";
export type { GatewayOptions, GatewayPlace } from "./gateway/gateway.js";
export type { Lateness, LogCacheFaults } from "./log-cache/logCacheFaults.js";
export type { LogCacheCrash } from "./log-cache/logCacheNode.js";
export type { LogCacheOptions, LogCachePlace } from "./log-cache/logCacheOptions.js";
export type { WaitOptions } from "./observation/pendingWaits.js";
export type { EmulatorStats } from "./observation/statsBoard.js";
export type { OtlpFaults, OtlpRefusalOptions } from "./otlp/otlpFaults.js";
export {
  isOtlpLog,
  isOtlpMetric,
  isOtlpSpan,
  type OtlpAttributes,
  type OtlpItem,
  type OtlpLog,
  type OtlpMetric,
  type OtlpRequest,
  type OtlpResource,
  type OtlpScope,
  type OtlpSpan,
  type OtlpValue,
} from "./otlp/otlpItems.js";
export type { OtlpOptions, OtlpPlace } from "./otlp/otlpOptions.js";
export type { EmulatedOtlp } from "./otlp/runningOtlp.js";
export type { Recording, RecordOptions } from "./recording/envelopeRecorder.js";
export { RecordingError } from "./recording/errors.js";
export type { ReplayOptions, ReplayResult, ReplayTimestamps } from "./recording/replay.js";
export type { RestApiOptions } from "./rest/restApiOptions.js";
export { scenarioEnvelopes } from "./scenario/scenarioEnvelopes.js";
export type { ScenarioOptions } from "./scenario/scenarioOptions.js";
export { startEmulator } from "./startEmulator.js";
export {
  type CertificateAndKey,
  type CertificateAuthority,
  type CertificateAuthorityOptions,
  createCertificateAuthority,
  type IssueOptions,
} from "./tls/certificateAuthority.js";
export type { ClientTls, EmulatorTls, EmulatorTlsOptions } from "./tls/emulatorTls.js";
