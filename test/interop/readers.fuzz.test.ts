import { diodeArea } from "./areas/diodes.js";
import { gatewayArea } from "./areas/gatewayRequests.js";
import { fuzz } from "./fuzz.js";

fuzz(diodeArea, gatewayArea);
