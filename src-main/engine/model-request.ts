/** Which models are asked for, and which providers can run them. */
import type { ProviderChoice } from '../contract/provider.ts';
import { chooseProvider, type ProviderSelection } from '../core/inference/providers.ts';
import type { Pack } from '../core/pack/load-pack.ts';
import { probeOptions } from './probe-options.ts';

export interface ModelRequest {
  readonly pack: Pack;
  readonly provider: ProviderChoice;
  readonly threads: number | null;
  readonly shareGpu?: boolean | undefined;
}

/** @throws Think2SegError PROVIDER_UNAVAILABLE when the provider that was asked for does not work here. */
export function providersFor(
  { pack, provider, threads }: ModelRequest,
  signal: AbortSignal,
): Promise<ProviderSelection> {
  return chooseProvider(provider, {
    ...probeOptions,
    signal,
    modelBytes: pack.bytes,
    ...(threads === null ? {} : { threads }),
  });
}
