import {
  formatValue,
  isOptionError,
  nanosecondsArgument,
  OptionRangeError,
  OptionTypeError,
  objectArgument,
  stringArgument,
} from "@loggregator/core";
import {
  checkBytes,
  checkMetric,
  checkMetrics,
  checkTag,
  checkTagsObject,
  entry,
  int32Argument,
  metricValue,
  uint64Argument,
} from "../envelope/arguments.js";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import { checkedDeprecatedTags } from "./checkedFields.js";

/**
 * Checks envelopes that are converted later, when an error can no longer be thrown to the caller.
 * It is stricter than the encoders: no field may be missing, and times and counts must be bigints.
 * Unknown fields are not checked.
 *
 * @param option The name of the list in messages, such as `envelopes`.
 * @throws OptionTypeError, OptionRangeError for the first invalid envelope, with the path of the
 * field, such as `envelopes[3].timestamp`.
 */
export function checkEnvelopes(
  option: string,
  envelopes: unknown,
): asserts envelopes is readonly Envelope[] {
  if (!Array.isArray(envelopes)) {
    throw new OptionTypeError(option, "an array of envelopes", formatValue(envelopes));
  }
  let index = 0;
  try {
    for (; index < envelopes.length; index++) {
      checkEnvelope(envelopes[index]);
    }
  } catch (error) {
    if (!isOptionError(error)) {
      throw error;
    }
    const field = error.option === "" ? "" : `.${error.option}`;
    const OptionError = error instanceof RangeError ? OptionRangeError : OptionTypeError;
    throw new OptionError(`${option}[${index}]${field}`, error.expected, error.received);
  }
}

function checkEnvelope(envelope: Envelope): void {
  objectArgument("", envelope);
  const { timestamp, sourceId, instanceId, tags, deprecatedTags, message } = envelope;
  checkTime("timestamp", timestamp);
  stringArgument("sourceId", sourceId);
  stringArgument("instanceId", instanceId);
  checkTagsObject("tags", tags);
  for (const name in tags) {
    if (typeof tags[name] !== "string") {
      checkTag("tags", name, tags[name]);
    }
  }
  checkedDeprecatedTags(deprecatedTags);
  if (message !== undefined) {
    checkMessage(message);
  }
}

function checkMessage(message: NonNullable<Envelope["message"]>): void {
  objectArgument("message", message);
  const { $case, value } = message;
  switch ($case) {
    case "log":
      objectArgument($case, value);
      checkBytes("log.payload", value.payload);
      int32Argument("log.type", value.type);
      break;
    case "counter":
      objectArgument($case, value);
      stringArgument("counter.name", value.name);
      checkCount("counter.delta", value.delta);
      checkCount("counter.total", value.total);
      break;
    case "gauge":
      objectArgument($case, value);
      checkMetrics(value.metrics);
      for (const name in value.metrics) {
        const metric: unknown = value.metrics[name];
        checkMetric(name, metric);
        metricValue(name, metric.value);
        if (typeof metric.unit !== "string") {
          stringArgument(`${entry("metrics", name)}.unit`, metric.unit);
        }
      }
      break;
    case "timer":
      objectArgument($case, value);
      stringArgument("timer.name", value.name);
      checkTime("timer.start", value.start);
      checkTime("timer.stop", value.stop);
      break;
    case "event":
      objectArgument($case, value);
      stringArgument("event.title", value.title);
      stringArgument("event.body", value.body);
      break;
    default: {
      const expected = '"log", "counter", "gauge", "timer" or "event"';
      throw new OptionTypeError("message.$case", expected, formatValue($case));
    }
  }
}

function checkTime(name: string, time: unknown): void {
  if (typeof time !== "bigint") {
    throw new OptionTypeError(name, "a bigint (UNIX nanoseconds)", formatValue(time));
  }
  nanosecondsArgument(name, time);
}

function checkCount(name: string, count: unknown): void {
  if (typeof count !== "bigint") {
    throw new OptionTypeError(name, "a bigint", formatValue(count));
  }
  uint64Argument(name, count);
}
