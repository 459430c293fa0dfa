import { type Envelope, newEnvelope } from "@loggregator/api";
import {
  AggregationTemporality,
  type ExponentialHistogramDataPoint,
  type HistogramDataPoint,
  type KeyValue,
  type Metric,
  type NumberDataPoint,
  type SummaryDataPoint,
} from "../../messages.js";
import { tagsOfAttributes } from "./tagsOfAttributes.js";

/** Flag of a data point without a value. */
const noRecordedValue = 1;
const maxUint64 = 2n ** 64n - 1n;

interface Point {
  readonly attributes: readonly KeyValue[];
  readonly timeUnixNano: bigint;
  readonly flags: number;
}

/**
 * Converts a metric to counters and gauges:
 *
 * - monotonic sums to counters, with a total or a delta; other sums to gauges;
 * - gauges to gauges;
 * - histograms to `<name>_sum`, a gauge, `<name>_count`, a counter, and `<name>_bucket`, counters with
 *   the tag `le`, as Cloud Foundry's prom scraper writes those of Prometheus;
 * - summaries to `<name>_sum`, `<name>_count`, and gauges `<name>` with the tag `quantile`.
 */
export function metricEnvelopes(
  { name, unit, data }: Metric,
  resource: readonly KeyValue[],
): Envelope[] {
  const points = data?.value.dataPoints ?? [];
  return points
    .filter(({ flags }) => (flags & noRecordedValue) === 0)
    .flatMap((point) => {
      const writer = new PointWriter(resource, point, unit);
      switch (data?.$case) {
        case "sum": {
          const { isMonotonic, aggregationTemporality } = data.value;
          const number = numberOf(point as NumberDataPoint);
          return isMonotonic
            ? writer.counter(name, number, aggregationTemporality)
            : writer.gauge(name, Number(number));
        }
        case "gauge":
          return writer.gauge(name, Number(numberOf(point as NumberDataPoint)));
        case "histogram": {
          const histogram = point as HistogramDataPoint;
          const { explicitBounds, bucketCounts } = histogram;
          const buckets = bucketCounts.map(
            (count, i) => [explicitBounds[i] ?? Number.POSITIVE_INFINITY, count] as const,
          );
          return writer.histogram(name, histogram, buckets, data.value.aggregationTemporality);
        }
        case "exponentialHistogram": {
          const histogram = point as ExponentialHistogramDataPoint;
          const buckets = exponentialBuckets(histogram);
          return writer.histogram(name, histogram, buckets, data.value.aggregationTemporality);
        }
        case "summary": {
          const { sum, count, quantileValues } = point as SummaryDataPoint;
          return [
            ...quantileValues.flatMap(({ quantile, value }) =>
              writer.gauge(name, value, { quantile: String(quantile) }),
            ),
            ...writer.gauge(`${name}_sum`, sum),
            ...writer.counter(`${name}_count`, count),
          ];
        }
        default:
          return [];
      }
    });
}

/** Creates the envelopes of one data point. */
class PointWriter {
  readonly #resource: readonly KeyValue[];
  readonly #point: Point;
  readonly #unit: string;

  constructor(resource: readonly KeyValue[], point: Point, unit: string) {
    this.#resource = resource;
    this.#point = point;
    this.#unit = unit;
  }

  gauge(name: string, value: number, more: Record<string, string> = {}): Envelope[] {
    const metrics = { [name]: { value, unit: this.#unit } };
    return [this.#envelope({ $case: "gauge", value: { metrics } }, more)];
  }

  /**
   * Fractions are cut off. A value that is not a count, such as a negative one, becomes a gauge.
   */
  counter(
    name: string,
    number: number | bigint,
    temporality: AggregationTemporality = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE,
    more: Record<string, string> = {},
  ): Envelope[] {
    if (typeof number === "number" && !Number.isFinite(number)) {
      return this.gauge(name, number, more);
    }
    const count = typeof number === "bigint" ? number : BigInt(Math.trunc(number));
    if (count < 0n || count > maxUint64) {
      return this.gauge(name, Number(number), more);
    }
    const isDelta = temporality === AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA;
    const value = { name, delta: isDelta ? count : 0n, total: isDelta ? 0n : count };
    return [this.#envelope({ $case: "counter", value }, more)];
  }

  /** @param buckets Upper bounds with counts, ascending. The counts become cumulative. */
  histogram(
    name: string,
    { sum, count }: HistogramDataPoint | ExponentialHistogramDataPoint,
    buckets: readonly (readonly [number, bigint])[],
    temporality: AggregationTemporality,
  ): Envelope[] {
    let upTo = 0n;
    return [
      ...(sum === undefined ? [] : this.gauge(`${name}_sum`, sum)),
      ...this.counter(`${name}_count`, count, temporality),
      ...buckets.flatMap(([bound, inBucket]) => {
        upTo += inBucket;
        const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound);
        return this.counter(`${name}_bucket`, upTo, temporality, { le });
      }),
    ];
  }

  #envelope(message: NonNullable<Envelope["message"]>, more: Record<string, string>): Envelope {
    const { attributes, timeUnixNano } = this.#point;
    const { sourceId, instanceId, tags } = tagsOfAttributes(this.#resource, attributes);
    const time = BigInt.asIntN(64, timeUnixNano);
    return newEnvelope(time, sourceId, instanceId, {}, Object.assign(tags, more), message);
  }
}

function numberOf({ value }: NumberDataPoint): number | bigint {
  return value?.value ?? 0;
}

/** Bounds are powers of 2^(2^-scale), by the specification of OpenTelemetry's data model. */
function exponentialBuckets(point: ExponentialHistogramDataPoint): (readonly [number, bigint])[] {
  const base = 2 ** (2 ** -point.scale);
  const { positive, negative, zeroCount, zeroThreshold, count } = point;
  const below = (negative?.bucketCounts ?? []).map(
    (inBucket, i) => [-(base ** ((negative?.offset ?? 0) + i)), inBucket] as const,
  );
  const above = (positive?.bucketCounts ?? []).map(
    (inBucket, i) => [base ** ((positive?.offset ?? 0) + i + 1), inBucket] as const,
  );
  const buckets = [...below.reverse(), [zeroThreshold, zeroCount] as const, ...above];
  const counted = buckets.reduce((sum, [, inBucket]) => sum + inBucket, 0n);
  return [...buckets, [Number.POSITIVE_INFINITY, count > counted ? count - counted : 0n]];
}
