import { endWithParent } from './end-with-parent.ts';
import { createHandlers } from './handlers.ts';
import { serveEngine } from './serve.ts';

endWithParent();
serveEngine(createHandlers());
