import { createHandlers } from './handlers.ts';
import { serveEngine } from './serve.ts';

serveEngine(createHandlers());
