import { isEnvelopeType, type ReadQuery } from "../read/readEnvelopes.js";
import { invalidArgument } from "./parseGoQuery.js";

const typeNames = ["ANY", "LOG", "COUNTER", "GAUGE", "TIMER", "EVENT"];
/** The fields that parameters can set, by their names in JSON; the source id is in the path. */
const fields: Readonly<Record<string, string>> = {
  startTime: "start_time",
  endTime: "end_time",
  envelopeTypes: "envelope_types",
  nameFilter: "name_filter",
};

/**
 * Reads the parameters of `/api/v1/read` as grpc-gateway does. Others are ignored.
 *
 * @throws ServerError INVALID_ARGUMENT with the text of grpc-gateway.
 */
export function readParameters(
  sourceId: string,
  parameters: ReadonlyMap<string, readonly string[]>,
): ReadQuery {
  const query = {
    sourceId,
    startTime: 0n,
    endTime: 0n,
    limit: 0n,
    envelopeTypes: [] as number[],
    descending: false,
    nameFilter: "",
  };
  for (const [name, values] of parameters) {
    const field = fields[name] ?? name;
    switch (field) {
      case "start_time":
        query.startTime = parseInt64(field, single(field, values));
        break;
      case "end_time":
        query.endTime = parseInt64(field, single(field, values));
        break;
      case "limit":
        query.limit = parseInt64(field, single(field, values));
        break;
      case "descending":
        query.descending = parseBool(field, single(field, values));
        break;
      case "name_filter":
        query.nameFilter = single(field, values);
        break;
      case "envelope_types":
        query.envelopeTypes.push(...values.map(parseType));
        break;
      default:
    }
  }
  return query;
}

/** The value of a parameter that must not be repeated. */
export function single(field: string, values: readonly string[]): string {
  if (values.length > 1) {
    throw invalidArgument(`too many values for field "${field}": ${values.join(", ")}`);
  }
  return values[0] ?? "";
}

function parseInt64(field: string, text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) {
    throw cannotParse(field, "ParseInt", text, "invalid syntax");
  }
  const value = BigInt(text.replace("+", ""));
  if (BigInt.asIntN(64, value) !== value) {
    throw cannotParse(field, "ParseInt", text, "value out of range");
  }
  return value;
}

function parseBool(field: string, text: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) {
    return true;
  }
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) {
    return false;
  }
  throw cannotParse(field, "ParseBool", text, "invalid syntax");
}

function parseType(text: string): number {
  const named = typeNames.indexOf(text);
  const type = named >= 0 ? named : /^[+-]?\d+$/.test(text) ? Number(text) : -1;
  if (!isEnvelopeType(type)) {
    throw invalidArgument(
      `parsing list "envelope_types": ${JSON.stringify(text)} is not a valid value`,
    );
  }
  return type;
}

function cannotParse(field: string, parser: string, text: string, reason: string): Error {
  return invalidArgument(
    `parsing field "${field}": strconv.${parser}: parsing ${JSON.stringify(text)}: ${reason}`,
  );
}
