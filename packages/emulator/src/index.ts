export {
  type CertificateAndKey,
  type CertificateAuthority,
  type CertificateAuthorityOptions,
  createCertificateAuthority,
  type IssueOptions,
} from "./certificates.js";
export { EmulatorClosedError, EmulatorStartError } from "./errors.js";
export type { Logger } from "./logger.js";
export {
  type Emulator,
  type EmulatorOptions,
  type ListenOptions,
  startEmulator,
} from "./startEmulator.js";
export type { EmulatorStats } from "./stats.js";
export type { ClientTls, EmulatorTls, EmulatorTlsOptions } from "./tls.js";
