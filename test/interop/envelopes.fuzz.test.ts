import { batchArea, writtenBatchArea } from "./areas/batches.js";
import { jsonArea } from "./areas/json.js";
import { fuzz } from "./fuzz.js";

fuzz(writtenBatchArea, batchArea, jsonArea);
