import { framesArea, marshalArea, unmarshalArea } from "./areas/syslog.js";
import { fuzz } from "./fuzz.js";

fuzz(marshalArea, unmarshalArea, framesArea);
