/** Writes ONNX files of a few hundred bytes, in the wire format of protocol buffers. */

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) + 128 : rest);
    if (rest < 128) {
      return Buffer.from(bytes);
    }
  }
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function part(field: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function tensor(name: string, dataType: number, { external, weightDims }: TinyModel): Buffer {
  const location = external === undefined ? [] : [part(13, Buffer.concat([part(1, 'location'), part(2, external)]))];
  const stored = external === undefined ? [part(9, Buffer.alloc(dataType === 10 ? 4 : 8, 1))] : [integer(14, 1)];
  const dims = weightDims === undefined ? integer(1, 2) : part(1, Buffer.alloc(weightDims, 1));
  return Buffer.concat([dims, integer(2, dataType), part(8, name), ...location, ...stored]);
}

/** A value of two numbers, float32. */
function valueInfo(name: string): Buffer {
  const shape = part(2, part(1, integer(1, 2)));
  return Buffer.concat([part(1, name), part(2, part(1, Buffer.concat([integer(1, 1), shape])))]);
}

export interface TinyModel {
  readonly operator?: string;
  /** 1 = float32, 10 = float16. */
  readonly weightType?: number;
  /** Where the weights are said to lie. */
  readonly external?: string;
  /** So many dimensions of one, packed into one part; without it the weights have one dimension of two. */
  readonly weightDims?: number;
  /** The weights go through a Cast first. */
  readonly castWeights?: boolean;
  /** The operator sits in a graph inside an attribute, as in an If. */
  readonly nested?: boolean;
}

/** A model with one operator that adds weights to its input. It is valid as a file; it need not be runnable. */
export function tinyOnnx(model: TinyModel = {}): Buffer {
  const { operator = 'Add', weightType = 1, castWeights = false } = model;
  const node = (type: string, inputs: string[], output: string): Buffer =>
    Buffer.concat([...inputs.map((name) => part(1, name)), part(2, output), part(4, type)]);
  const weightName = castWeights ? 'cast' : 'w';
  const nodes = [
    ...(castWeights ? [part(1, node('Cast', ['w'], 'cast'))] : []),
    part(1, node(operator, ['x', weightName], 'y')),
  ];
  let graph: Buffer = Buffer.concat([
    ...nodes,
    part(2, 'tiny'),
    part(5, tensor('w', weightType, model)),
    part(11, valueInfo('x')),
    part(12, valueInfo('y')),
  ]);
  if (model.nested === true) {
    const attribute = Buffer.concat([part(1, 'then_branch'), part(6, graph)]);
    graph = part(1, Buffer.concat([part(1, 'c'), part(2, 'z'), part(4, 'If'), part(5, attribute)]));
  }
  return Buffer.concat([integer(1, 9), part(7, graph), part(8, integer(2, 17))]);
}
