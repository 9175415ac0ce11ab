// Live updates and small comforts; every page works without it, except for what is live.
"use strict";
