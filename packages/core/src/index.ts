import "./disposable.js";

export { closestName } from "#closestName";
export { emitWarning } from "#emitWarning";
export { onAbort } from "#onAbort";
export { Backoff, type RetryOptions, type RetrySettings, retrySettings } from "./client/backoff.js";
export { ChangeNotifier } from "./client/changeNotifier.js";
export { closableIterator } from "./client/closableIterator.js";
export { DeliveryCounts } from "./client/deliveryCounts.js";
export { type FlushOptions, flushSignal } from "./client/flushOptions.js";
export {
  type EnvelopeHeader,
  type HeaderCheck,
  type HeaderCheckOptions,
  headerCheck,
  type UnsafeHeaders,
} from "./client/headerCheck.js";
export {
  IntervalEmitter,
  type IntervalEmitterOptions,
  type IntervalStats,
  type IntervalStatus,
  type IntervalWork,
} from "./client/intervalEmitter.js";
export {
  type SenderOptions,
  type SenderSettings,
  senderOptionNames,
  senderSettings,
} from "./client/senderOptions.js";
export { SizedQueue } from "./client/sizedQueue.js";
export {
  type ConnectionStatus,
  type LifetimeStatus,
  type Status,
  StatusFeed,
} from "./client/statusFeed.js";
export { type StopOptions, stopDrains } from "./client/stopOptions.js";
export {
  formatHostPort,
  type HostPort,
  isLoopbackHost,
  parseHostPort,
  splitHostPort,
  withoutBrackets,
} from "./network/hostPort.js";
export { type Environment, proxyFor } from "./network/proxyFor.js";
export { isCrossOrigin, isLocalHostHeader, type RequestOrigin } from "./network/requestOrigin.js";
export { checkOptionNames, type OptionNames } from "./options/checkOptionNames.js";
export {
  delayMs,
  inRange,
  integerLimit,
  maxTimerMs,
  nanosecondsArgument,
  nonEmptyString,
  objectArgument,
  oneOf,
  optionalBoolean,
  optionalFunction,
  optionalSignal,
  positiveInteger,
  positiveMs,
  stringArgument,
  timeoutMs,
} from "./options/checks.js";
export {
  type LogRecordOptions,
  type LogRecordSettings,
  logRecordOptionNames,
  logRecordSettings,
} from "./options/logRecordOptions.js";
export {
  isOptionError,
  type OptionError,
  type OptionFault,
  OptionRangeError,
  OptionTypeError,
} from "./options/optionError.js";
export { closeAndReport } from "./reporting/closeAndReport.js";
export { type DropNoticeOptions, dropNotice } from "./reporting/dropNotice.js";
export { DropReporter } from "./reporting/dropReporter.js";
export { guardedCallback, invokeCallback } from "./reporting/invokeCallback.js";
export { type Logger, safeLogger, silentLogger } from "./reporting/logger.js";
export { OutageReporter } from "./reporting/outageReporter.js";
export { SharedOutage } from "./reporting/sharedOutage.js";
export { isEmpty, mapWith, setOwn } from "./setOwn.js";
export { abortable, delay } from "./signals/abortable.js";
export {
  type LinkedAbortController,
  linkedAbortController,
  linkedTimeout,
} from "./signals/linkedAbortController.js";
export { StallTimer } from "./signals/stallTimer.js";
export { decimalText, shortestText } from "./text/decimalText.js";
export { errorText } from "./text/errorText.js";
export { FieldTags } from "./text/fieldTags.js";
export { escapeControls, formatValue } from "./text/formatValue.js";
export { isGuid } from "./text/isGuid.js";
export { exactInteger, jsonNumber, parseJson } from "./text/parseJson.js";
