import { serveDigest } from './serve-digest.ts';

serveDigest();
