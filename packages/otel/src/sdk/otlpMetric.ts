import { AggregationTemporality, type Metric, type NumberDataPoint } from "../messages.js";
import type { SdkDataPoint, SdkMetric } from "./sdkTypes.js";
import { keyValues, nanoseconds } from "./sdkValues.js";

interface SdkHistogram {
  readonly sum?: number | undefined;
  readonly count: number;
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
}

interface SdkBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

interface SdkExponentialHistogram {
  readonly sum?: number | undefined;
  readonly count: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: SdkBuckets;
  readonly negative: SdkBuckets;
}

/** Returns a metric of the SDK as one of OTLP. */
export function otlpMetric(metric: SdkMetric): Metric {
  const { name, unit } = metric.descriptor;
  return { name, description: "", unit, metadata: [], data: dataOf(metric) };
}

function dataOf(metric: SdkMetric): Metric["data"] {
  const { dataPointType, dataPoints, isMonotonic = false } = metric;
  const aggregationTemporality =
    metric.aggregationTemporality === 0
      ? AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
      : AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;
  switch (dataPointType) {
    case 0: {
      const value = { dataPoints: dataPoints.map(histogramPoint), aggregationTemporality };
      return { $case: "histogram", value };
    }
    case 1: {
      const value = { dataPoints: dataPoints.map(exponentialPoint), aggregationTemporality };
      return { $case: "exponentialHistogram", value };
    }
    case 2:
      return { $case: "gauge", value: { dataPoints: dataPoints.map(numberPoint) } };
    case 3: {
      const points = dataPoints.map(numberPoint);
      return { $case: "sum", value: { dataPoints: points, aggregationTemporality, isMonotonic } };
    }
    default:
      return undefined;
  }
}

function common({ attributes, startTime, endTime }: SdkDataPoint) {
  return {
    attributes: keyValues(attributes),
    startTimeUnixNano: nanoseconds(startTime),
    timeUnixNano: nanoseconds(endTime),
    exemplars: [],
    flags: 0,
  };
}

function numberPoint(point: SdkDataPoint): NumberDataPoint {
  return { ...common(point), value: { $case: "asDouble", value: Number(point.value) } };
}

function histogramPoint(point: SdkDataPoint) {
  const { sum, count, buckets } = point.value as SdkHistogram;
  return {
    ...common(point),
    count: BigInt(count),
    sum,
    bucketCounts: buckets.counts.map(BigInt),
    explicitBounds: [...buckets.boundaries],
    min: undefined,
    max: undefined,
  };
}

function exponentialPoint(point: SdkDataPoint) {
  const { sum, count, scale, zeroCount, positive, negative } =
    point.value as SdkExponentialHistogram;
  const buckets = ({ offset, bucketCounts }: SdkBuckets) => ({
    offset,
    bucketCounts: bucketCounts.map(BigInt),
  });
  return {
    ...common(point),
    count: BigInt(count),
    sum,
    scale,
    zeroCount: BigInt(zeroCount),
    positive: buckets(positive),
    negative: buckets(negative),
    min: undefined,
    max: undefined,
    zeroThreshold: 0,
  };
}
