import { EgressBatchRequest, selectCounter, selectGauge, selectLog } from "@loggregator/api";
import type { Message } from "@loggregator/rfc5424";
import type { Area, Outcome } from "./areas/area.js";
import { batchArea } from "./areas/batches.js";
import { toV1Area } from "./areas/conversions.js";
import { eventArea } from "./areas/events.js";
import { gatewayArea, isExpressible, withTypesOnce } from "./areas/gatewayRequests.js";
import { hasNameTwice, jsonArea, withNamesOfToday } from "./areas/json.js";
import {
  framesArea,
  hasOddCount,
  hasSeparator,
  marshalArea,
  unmarshalArea,
} from "./areas/syslog.js";

// The intended differences from the reference, with reasons. Every other difference is a fault.

/** An intended difference from the reference. */
export interface Difference {
  /** Our behaviour and the reference's. */
  readonly title: string;
  readonly reason: string;
  /** The areas in which it occurs, each with an example input. */
  readonly examples: readonly Example[];
  /** Returns true if it explains the difference between two outcomes. */
  explains(difference: Differing): boolean;
}

export interface Example {
  readonly area: Area<unknown>;
  readonly input: unknown;
}

interface Differing {
  readonly input: never;
  readonly ours: Outcome;
  readonly reference: Outcome;
}

/** Returns the intended difference that explains two outcomes, or undefined if there is none. */
export function explanation(
  area: Area<unknown>,
  input: unknown,
  ours: Outcome,
  reference: Outcome,
): Difference | undefined {
  const differing = { input: input as never, ours, reference };
  return differences.find(
    ({ examples, explains }) =>
      examples.some((example) => example.area === area) && explains(differing),
  );
}

export const differences: readonly Difference[] = [
  {
    title: "Text that is not valid UTF-8 is decoded with U+FFFD; Go rejects the whole message.",
    reason: "One bad tag should not cost a batch of a hundred envelopes.",
    examples: [
      example(batchArea, bytes("0a031201ff")),
      example(eventArea, bytes("0a01ff1005")),
      example(toV1Area, {
        ...{ timestamp: 0n, sourceId: "", instanceId: "", deprecatedTags: {} },
        tags: { __v1_type: "Error" },
        message: { $case: "log", value: { payload: bytes("ff"), type: 0 } },
      }),
    ],
    explains: ({ ours, reference }) =>
      /invalid UTF-8/.test(reference.refused ?? "") &&
      (reference.otherwise === undefined
        ? ours.value?.includes("\ufffd") === true
        : ours.value === reference.otherwise),
  },
  {
    title:
      "Unknown fields with the same number and different wire types are grouped by wire type; Go keeps their order.",
    reason:
      "ts-proto's messages store unknown fields by number and wire type. No valid schema has such fields.",
    examples: [
      example(batchArea, bytes("7d000000007800")),
      example(eventArea, bytes("0a016f10057d000000007800")),
    ],
    explains: ({ ours, reference }) =>
      ours.value?.replace('"same":"regrouped"', '"same":"equal"') === reference.value,
  },
  {
    title:
      "A field number above 2^29 - 1 is rejected everywhere; Go accepts it within a group that it skips.",
    reason: "Protobuf has no such field numbers.",
    examples: [
      example(batchArea, bytes("1380808080100014")),
      example(eventArea, bytes("0a016f10051380808080100014")),
    ],
    explains: ({ ours, reference }) =>
      reference.value !== undefined &&
      /expected a field number from 1 to 2\^29 - 1, got \d{9}/.test(ours.refused ?? ""),
  },
  {
    title: "Unknown names in JSON are ignored; Go's gateway client drops the batch.",
    reason: "A newer gateway may send fields that the client does not have yet.",
    examples: [example(jsonArea, '{"batch":[{"source_id":"s","colour":"red"}]}')],
    explains: ({ input, ours, reference }) =>
      /unknown field/.test(reference.refused ?? "") &&
      ours.value === reference.otherwise &&
      withNamesOfToday(input) === input,
  },
  {
    title:
      "The JSON names `sourceId`, `instanceId` and `deprecatedTags` are accepted like `source_id` and so on; Go rejects them.",
    reason: "Older gateways write them.",
    examples: [example(jsonArea, '{"batch":[{"sourceId":"s","deprecatedTags":{"a":{}}}]}')],
    explains: ({ input, ours, reference }) =>
      /unknown field/.test(reference.refused ?? "") &&
      ours.value === reference.otherwise &&
      withNamesOfToday(input) !== input,
  },
  {
    title:
      "If a JSON name occurs twice, the last value counts. If both `source_id` and `sourceId` occur, `source_id` counts. Go rejects the batch.",
    reason:
      "In JSON.parse, the last value counts too. No gateway writes such JSON, so a check would only cost time.",
    examples: [
      example(jsonArea, '{"batch":[{"timestamp":"1","timestamp":"2"}]}'),
      example(jsonArea, '{"batch":[{"source_id":"a","sourceId":"b"}]}'),
    ],
    explains: ({ input, ours }) =>
      ours.value !== undefined && hasNameTwice(withNamesOfToday(input)),
  },
  {
    title: "Line breaks within base64 are rejected; Go skips them if the length is right.",
    reason: "No gateway writes them, and protojson does not define them.",
    examples: [example(jsonArea, '{"batch":[{"log":{"payload":"YW\\nJj\\n\\n\\n"}}]}')],
    explains: ({ ours, reference }) =>
      reference.value !== undefined && /must be base64, got ".*\\[nr]/.test(ours.refused ?? ""),
  },
  {
    title: "A lone surrogate, escaped in JSON, is accepted; Go rejects the batch.",
    reason: "JSON.parse accepts it. It becomes U+FFFD when it is written again.",
    examples: [example(jsonArea, '{"batch":[{"source_id":"\\ud800"}]}')],
    explains: ({ input, ours, reference }) =>
      /\\u[dD][89a-fA-F]/.test(input) &&
      ours.value !== undefined &&
      reference.refused !== undefined,
  },
  {
    title:
      "A JSON number that is too small for a double, such as 1e-400, is 0 as an integer; Go rejects it.",
    reason: "JSON.parse returns 0 for it, so it cannot be distinguished from 0.",
    examples: [example(jsonArea, '{"batch":[{"timestamp":1e-400}]}')],
    explains: ({ input, ours, reference }) =>
      /[eE]-\d{3}/.test(input) && ours.value !== undefined && reference.refused !== undefined,
  },
  {
    title:
      "A log without a payload is converted to a v1 log with an empty message; Go omits the message.",
    reason: "The field is required in v1: Go cannot encode its own result.",
    examples: [
      example(toV1Area, {
        ...{ timestamp: 0n, sourceId: "", instanceId: "", deprecatedTags: {}, tags: {} },
        message: { $case: "log", value: { payload: new Uint8Array(), type: 0 } },
      }),
    ],
    explains: ({ ours, reference }) =>
      reference.value !== undefined && ours.value?.replace('"message":"",', "") === reference.value,
  },
  {
    title:
      "A syslog message with a year outside 0 to 9999 is rejected; Go writes the year as it is.",
    reason:
      "RFC 5424 has years of four digits. No receiver could read the message, including Go's.",
    examples: [
      example(marshalArea, { ...syslogMessage(), timestamp: 253_402_300_800_000_000_000n }),
    ],
    explains: ({ ours, reference }) =>
      reference.value !== undefined && /years 0 to 9999/.test(ours.refused ?? ""),
  },
  {
    title:
      "A message length with a sign or a leading zero ends a stream of syslog messages; Go accepts it.",
    reason: "RFC 5425 permits neither: the stream is out of sync.",
    examples: [
      example(framesArea, Buffer.from("+37 <1>1 2026-11-22T00:00:00Z h a p m - hello")),
      example(framesArea, Buffer.from("037 <1>1 2026-11-22T00:00:00Z h a p m - hello")),
    ],
    explains: ({ input }) => hasOddCount(input),
  },
  {
    title:
      "Line breaks and NUL bytes between octet-counted messages are skipped; Go ends the stream.",
    reason:
      "Some senders append one to each frame without counting it, and the next frame is unambiguous.",
    examples: [
      example(framesArea, Buffer.from("35 <1>1 2026-11-22T00:00:00Z h a p m -\n".repeat(2))),
      example(framesArea, Buffer.from("\r\n35 <1>1 2026-11-22T00:00:00Z h a p m -")),
    ],
    explains: ({ input }) => hasSeparator(input),
  },
  {
    title: "A syslog message with the nil timestamp `-` is accepted; Go rejects it.",
    reason: "RFC 5424 (section 6.2.3) defines it for senders without a clock.",
    examples: [
      example(unmarshalArea, Buffer.from("<7>1 - h a p m - hello")),
      example(framesArea, Buffer.from("22 <7>1 - h a p m - hello")),
    ],
    explains: ({ ours }) => ours.value?.includes('"seconds":"nil"') === true,
  },
  {
    title:
      'In structured data, a backslash is kept unless it precedes `"`, `\\` or `]`; Go drops it.',
    reason:
      "RFC 5424 (section 6.3.3) requires keeping it. Otherwise `C:\\Users` would become `C:Users`.",
    examples: [
      example(unmarshalArea, Buffer.from('<7>1 2026-11-22T00:00:00Z h a p m [x p="C:\\Users"]')),
      example(framesArea, Buffer.from('50 <7>1 2026-11-22T00:00:00Z h a p m [x p="C:\\Users"]')),
    ],
    explains: ({ ours, reference }) =>
      ours.value !== undefined &&
      reference.value !== undefined &&
      withoutBackslashes(ours.value) === withoutBackslashes(reference.value),
  },
  {
    title: "Values in the gateway's query are escaped; Go writes them as they are.",
    reason: "Otherwise `&`, `+` and `#` in a source id would change the request.",
    examples: [
      example(gatewayArea, request({ selectors: [selectLog({ sourceId: "a&counter#+" })] })),
      example(gatewayArea, request({ shardId: "a\nb", selectors: [selectLog()] })),
    ],
    explains: ({ ours, reference }) =>
      ours.value !== undefined &&
      (ours.otherwise === reference.otherwise ||
        /invalid control character/.test(reference.refused ?? "")),
  },
  {
    title:
      "A type or a name that is selected for several sources is requested once; Go repeats it for each source.",
    reason:
      "The gateway applies every type to every source, and would send the envelopes of a repeated name twice.",
    examples: [
      example(
        gatewayArea,
        request({
          selectors: ["a", "b"].map((sourceId) => selectCounter({ sourceId, name: "requests" })),
        }),
      ),
    ],
    explains: ({ ours, reference }) =>
      ours.value !== undefined && withTypesOnce(reference.otherwise ?? "") === ours.otherwise,
  },
  {
    title:
      "Selectors that one gateway request cannot express are rejected; Go requests other envelopes than those selected.",
    reason:
      "The gateway applies every type to every source: logs of one source and counters of another would become logs and counters of both.",
    examples: [
      example(
        gatewayArea,
        request({ selectors: [selectLog({ sourceId: "a" }), selectCounter({ sourceId: "b" })] }),
      ),
    ],
    explains: ({ input, ours }) => ours.refused !== undefined && !isExpressible(input),
  },
  {
    title: "A gauge selector can have several names; Go's gateway client panics.",
    reason: "The gateway accepts them as `gauge.name=a,b`.",
    examples: [example(gatewayArea, request({ selectors: [selectGauge({ names: ["a", "b"] })] }))],
    explains: ({ ours, reference }) =>
      ours.value !== undefined && /not yet supported/.test(reference.refused ?? ""),
  },
];

function example<T>(area: Area<T>, input: T): Example {
  return { area, input };
}

/** Returns JSON without its escaped backslashes. */
function withoutBackslashes(json: string): string {
  return json.replaceAll("\\\\", "");
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function request(partial: object): EgressBatchRequest {
  return EgressBatchRequest.fromPartial(partial);
}

function syslogMessage(): Message {
  return {
    ...{ priority: 14, timestamp: 0n, offsetMinutes: 0, useUtc: true, structuredData: [] },
    ...{ hostname: "h", appName: "a", processId: "p", messageId: "m", message: new Uint8Array() },
  };
}
