import "./disposable.js";

export { closestName } from "#closestName";
export { emitWarning } from "#emitWarning";
export { onAbort } from "#onAbort";
export { abortable, delay } from "./abortable.js";
export { Backoff, type RetryOptions, type RetrySettings, retrySettings } from "./backoff.js";
export { checkOptionNames, type OptionNames } from "./checkOptionNames.js";
export {
  delayMs,
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
} from "./checks.js";
export { closableIterator } from "./closableIterator.js";
export { decimalText } from "./decimalText.js";
export { DropReporter } from "./dropReporter.js";
export { errorText } from "./errorText.js";
export { escapeControls, formatValue } from "./formatValue.js";
export {
  formatHostPort,
  type HostPort,
  isLoopbackHost,
  parseHostPort,
  splitHostPort,
} from "./hostPort.js";
export {
  IntervalEmitter,
  type IntervalEmitterOptions,
  type IntervalStats,
  type IntervalStatus,
  type IntervalWork,
} from "./intervalEmitter.js";
export { guardedCallback, invokeCallback } from "./invokeCallback.js";
export {
  type LinkedAbortController,
  linkedAbortController,
  linkedTimeout,
} from "./linkedAbortController.js";
export { type Logger, safeLogger, silentLogger } from "./logger.js";
export {
  isOptionError,
  type OptionError,
  type OptionFault,
  OptionRangeError,
  OptionTypeError,
} from "./optionError.js";
export { OutageReporter } from "./outageReporter.js";
export { type Environment, proxyFor } from "./proxyFor.js";
export { isCrossOrigin, isLocalHostHeader, type RequestOrigin } from "./requestOrigin.js";
export { mapWith, setOwn } from "./setOwn.js";
export { SharedOutage } from "./sharedOutage.js";
export { StallTimer } from "./stallTimer.js";
export { type ConnectionStatus, type Status, StatusFeed } from "./statusFeed.js";
