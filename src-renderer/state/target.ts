/** What a question is about: the part of the scene in view, a rectangle that was drawn, or all of it. */
import type { DesktopInput } from '../../src-main/contract/desktop-bridge.ts';
import { Think2SegError } from '../../src-main/contract/errors.ts';
import type { BoundingBox, WindowPx } from '../../src-main/contract/geo.ts';
import type { SceneDisplay } from '../../src-main/contract/scene-display.ts';
import { windowOfBounds } from './scene-geometry.ts';

export type TargetChoice =
  { readonly kind: 'view' } | { readonly kind: 'scene' } | { readonly kind: 'drawn'; readonly windowPx: WindowPx };

/**
 * @param viewBoundsMap in the CRS of the scene; null before there is a map
 * @throws Think2SegError WINDOW_OUTSIDE when the view shows nothing of the scene
 */
export function targetToAsk(
  choice: TargetChoice,
  display: SceneDisplay,
  viewBoundsMap: BoundingBox | null,
): DesktopInput<'query.ask'>['target'] {
  if (choice.kind === 'scene') {
    return { kind: 'scene' };
  }
  if (choice.kind === 'drawn') {
    return { kind: 'window', windowPx: choice.windowPx };
  }
  const windowPx = viewBoundsMap === null ? null : windowOfBounds(display.transform, display.info, viewBoundsMap);
  if (windowPx === null) {
    throw new Think2SegError(
      'WINDOW_OUTSIDE',
      'the view shows no part of the raster; zoom to the raster and ask again',
    );
  }
  return { kind: 'window', windowPx };
}
