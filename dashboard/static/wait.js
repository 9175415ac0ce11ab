// Loads a page again that waits for a server. A meta refresh does not: where the address has a part behind #,
// as those of MLflow's pages do, it only jumps to that part.
"use strict";
setTimeout(() => location.reload(), 2000);
