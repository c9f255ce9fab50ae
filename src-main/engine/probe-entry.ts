import { serveProbe } from '../core/inference/probe-child.ts';
import { endWithParent } from './end-with-parent.ts';

endWithParent();
serveProbe();
