import type { Tensor } from 'onnxruntime-common';

import { freeMemory } from '../free-memory.ts';

/** Frees the memory of tensors now; they cannot be used after. */
export function freeTensors(tensors: Iterable<Tensor>): void {
  freeMemory([...tensors].map(({ data }) => data).filter((data) => ArrayBuffer.isView(data)));
}
