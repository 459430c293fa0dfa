import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { decodeEnvelopeBatch } from "../binary/decodeEnvelopeBatch.js";
import { encodeEnvelopeBatch } from "../binary/encodeEnvelopeBatch.js";
import { messageFunctions } from "../binary/messageFunctions.js";
import {
  MetaResponse as GeneratedMetaResponse,
  ReadResponse as GeneratedReadResponse,
  type MessageFns,
  MetaInfo,
} from "../gen/logcache/v1/egress.js";
import { SendRequest as GeneratedSendRequest } from "../gen/logcache/v1/ingress.js";
import {
  PromQL_InstantQueryResult as GeneratedInstantQueryResult,
  PromQL_Matrix as GeneratedMatrix,
  PromQL_RangeQueryResult as GeneratedRangeQueryResult,
  PromQL_Sample as GeneratedSample,
  PromQL_Series as GeneratedSeries,
  PromQL_Vector as GeneratedVector,
  PromQL_Scalar as Scalar,
} from "../gen/logcache/v1/promql.js";
import type { EnvelopeBatch } from "../gen/loggregator/v2/envelope.js";
import { decodeEntry, decodeFields, decodeText } from "./decodeFields.js";

// Generated messages with this package's codec for envelopes and maps, because the generated codec
// is slower and loses keys such as __proto__.

/** The selected envelopes. */
export type ReadResponse = GeneratedReadResponse;
export const ReadResponse: MessageFns<ReadResponse> = withEnvelopes(GeneratedReadResponse);

/** The envelopes to store. */
export type SendRequest = GeneratedSendRequest;
export const SendRequest: MessageFns<SendRequest> = withEnvelopes(GeneratedSendRequest);

/** The sources with stored envelopes, by source id. */
export type MetaResponse = GeneratedMetaResponse;
export const MetaResponse: MessageFns<MetaResponse> = withDecoder(
  GeneratedMetaResponse,
  (bytes) => {
    const meta: Record<string, MetaInfo> = {};
    const others = decodeFields(bytes, {
      10: (entry) => decodeEntry(entry, meta, (info) => MetaInfo.decode(info)),
    });
    return { ...GeneratedMetaResponse.decode(others), meta };
  },
);

/** A value and its labels. */
export type Sample = GeneratedSample;
export const Sample: MessageFns<Sample> = withLabels(GeneratedSample);

/** The values of one set of labels, ordered by time. */
export type Series = GeneratedSeries;
export const Series: MessageFns<Series> = withLabels(GeneratedSeries);

/** One value for each set of labels. */
export type Vector = GeneratedVector;
export const Vector: MessageFns<Vector> = withDecoder(GeneratedVector, (bytes) => {
  const samples: Sample[] = [];
  const others = decodeFields(bytes, {
    10: (sample) => samples.push(Sample.decode(sample)),
  });
  return { ...GeneratedVector.decode(others), samples };
});

/** Several values for each set of labels. */
export type Matrix = GeneratedMatrix;
export const Matrix: MessageFns<Matrix> = withDecoder(GeneratedMatrix, (bytes) => {
  const series: Series[] = [];
  const others = decodeFields(bytes, {
    10: (one) => series.push(Series.decode(one)),
  });
  return { ...GeneratedMatrix.decode(others), series };
});

/** The result of an instant query, of the type of the expression. */
export type InstantQueryResult = GeneratedInstantQueryResult;
export const InstantQueryResult: MessageFns<InstantQueryResult> = withDecoder(
  GeneratedInstantQueryResult,
  (bytes) => {
    let result: InstantQueryResult["result"];
    const others = decodeFields(bytes, {
      10: (value) => {
        result = { $case: "scalar", value: Scalar.decode(value) };
      },
      18: (value) => {
        result = { $case: "vector", value: Vector.decode(value) };
      },
      26: (value) => {
        result = { $case: "matrix", value: Matrix.decode(value) };
      },
    });
    return { ...GeneratedInstantQueryResult.decode(others), result };
  },
);

/** The result of a range query. */
export type RangeQueryResult = GeneratedRangeQueryResult;
export const RangeQueryResult: MessageFns<RangeQueryResult> = withDecoder(
  GeneratedRangeQueryResult,
  (bytes) => {
    let result: RangeQueryResult["result"];
    const others = decodeFields(bytes, {
      10: (value) => {
        result = { $case: "matrix", value: Matrix.decode(value) };
      },
    });
    return { ...GeneratedRangeQueryResult.decode(others), result };
  },
);

/** Returns the functions of a message whose first field is a batch of envelopes. */
function withEnvelopes<T extends { envelopes?: EnvelopeBatch | undefined }>(
  generated: MessageFns<T>,
): MessageFns<T> {
  return messageFunctions<T, MessageFns<T>>(
    generated,
    (message) => {
      const writer = new BinaryWriter();
      if (message.envelopes !== undefined) {
        writer.uint32(0x0a).bytes(encodeEnvelopeBatch(message.envelopes));
      }
      return generated.encode({ ...message, envelopes: undefined }, writer).finish();
    },
    (bytes) => {
      let envelopes: EnvelopeBatch | undefined;
      const others = decodeFields(bytes, {
        10: (batch) => {
          const decoded = decodeEnvelopeBatch(batch);
          // A message that occurs twice is merged.
          decoded.batch.unshift(...(envelopes?.batch ?? []));
          envelopes = decoded;
        },
      });
      return { ...generated.decode(others), envelopes };
    },
  );
}

/** Returns the functions of a message whose first field is a map of labels. */
function withLabels<T extends { metric: Record<string, string> }>(
  generated: MessageFns<T>,
): MessageFns<T> {
  return withDecoder(generated, (bytes) => {
    const metric: Record<string, string> = {};
    const others = decodeFields(bytes, {
      10: (entry) => decodeEntry(entry, metric, decodeText),
    });
    return { ...generated.decode(others), metric };
  });
}

function withDecoder<T>(generated: MessageFns<T>, decode: (bytes: Uint8Array) => T): MessageFns<T> {
  return messageFunctions<T, MessageFns<T>>(
    generated,
    (message) => generated.encode(message).finish(),
    decode,
  );
}
