import { installationAt } from '../core/installation.ts';

export const installation = installationAt(import.meta.url);
