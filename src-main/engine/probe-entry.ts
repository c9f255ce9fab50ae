import { serveProbe } from '../core/inference/probe-child.ts';

serveProbe();
