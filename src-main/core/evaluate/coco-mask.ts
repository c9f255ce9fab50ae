/** COCO segmentations to masks. Run lengths go down the columns: pixel (x, y) is number `x * height + y`. */
import { Think2SegError } from '../../contract/errors.ts';
import { fillCocoPolygon } from './coco-polygon.ts';
import type { CocoSegmentation } from './sample.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The text form: five bits a character from '0' on, the sixth says that more follow; each count from the third is a difference. */
function countsOfText(text: string): number[] {
  const counts: number[] = [];
  let at = 0;
  while (at < text.length) {
    let value = 0;
    let shift = 0;
    let bits: number;
    do {
      bits = text.charCodeAt(at++) - 48;
      if (!(bits >= 0 && bits < 64) || shift > 30) {
        throw new Think2SegError(
          'INPUT_CORRUPT',
          `run lengths have a wrong character ${at}, expected COCO's text form`,
        );
      }
      value |= (bits & 31) << shift;
      shift += 5;
    } while ((bits & 32) !== 0);
    if ((bits & 16) !== 0 && shift < 32) {
      value |= -1 << shift;
    }
    counts.push(counts.length > 2 ? value + counts[counts.length - 2]! : value);
  }
  return counts;
}

function fillRuns(mask: Uint8Array, counts: readonly number[], { width, height }: Size): void {
  let pixel = 0;
  counts.forEach((count, index) => {
    if (count < 0 || pixel + count > width * height) {
      throw new Think2SegError('INPUT_CORRUPT', `run lengths end outside the mask of ${width} x ${height} pixels`);
    }
    if (index % 2 === 1) {
      for (let at = pixel; at < pixel + count; at++) {
        mask[(at % height) * width + Math.floor(at / height)] = 1;
      }
    }
    pixel += count;
  });
}

/** `height * width`, row-major, 1 = target: the union of all parts. @throws INPUT_CORRUPT when a part is of another size. */
export function cocoMask(parts: readonly CocoSegmentation[], size: Size): Uint8Array {
  const mask = new Uint8Array(size.width * size.height);
  for (const part of parts) {
    if ('counts' in part) {
      const [height, width] = part.size;
      if (height !== size.height || width !== size.width) {
        throw new Think2SegError(
          'INPUT_CORRUPT',
          `the mask is ${width} x ${height}, expected the ${size.width} x ${size.height} of the image`,
        );
      }
      fillRuns(mask, typeof part.counts === 'string' ? countsOfText(part.counts) : part.counts, size);
    } else {
      for (const polygon of part) {
        fillCocoPolygon(mask, polygon, size);
      }
    }
  }
  return mask;
}
