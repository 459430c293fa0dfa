export type {
  ConnectionStatus,
  FlushOptions,
  LifetimeStatus,
  Logger,
  RetryOptions,
} from "@loggregator/core";
export { toEnvelope } from "./envelope/toEnvelope.js";
export type { BasicCredentials, DrainAuthentication } from "./receiver/credentials.js";
export type { ClientCertificate, DrainBinding, DrainMessage } from "./receiver/drainMessage.js";
export {
  type BatchesOptions,
  createDrainReceiver,
  DrainReceiver,
  type DrainReceiverStats,
} from "./receiver/drainReceiver.js";
export { DrainReceiverError, type RefusalReason } from "./receiver/errors.js";
export type { FetchRequest } from "./receiver/http/handleFetch.js";
export type { DrainReceiverOptions } from "./receiver/options.js";
export type {
  ListenTcpOptions,
  ListenTlsOptions,
  ReceiverTls,
  SyslogServer,
} from "./receiver/syslog/syslogServer.js";
export { DrainSender } from "./sender/drainSender.js";
export { DrainCloseError, DrainSendError, type DrainSendReason } from "./sender/errors.js";
export type { DrainSenderOptions, DrainSenderStats, DrainSenderTls } from "./sender/options.js";
export { drainSchemes } from "./sender/parseDrainUrl.js";
