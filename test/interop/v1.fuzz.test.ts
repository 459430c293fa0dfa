import { toV1Area, toV2Area } from "./areas/conversions.js";
import { eventArea, writtenEventArea } from "./areas/events.js";
import { fuzz } from "./fuzz.js";

fuzz(writtenEventArea, eventArea, toV1Area, toV2Area);
