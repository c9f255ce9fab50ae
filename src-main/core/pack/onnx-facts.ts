import { closeSync, fstatSync, openSync } from 'node:fs';

import { Think2SegError } from '../../contract/errors.ts';
import { readFailure } from '../files/read-failure.ts';
import { convByThrees, isConvByThrees } from '../inference/conv-by-threes.ts';
import { MalformedMessage, MessageReader } from './message-reader.ts';

/** What a model file says about itself, read without loading weights. */
export interface OnnxFacts {
  /** Operator types of all graphs, nested ones included; `convByThrees` stands beside `Conv` where it applies. */
  readonly operators: ReadonlySet<string>;
  /** Files with weights, as written in the model: names relative to the model's own folder. */
  readonly externalFiles: ReadonlySet<string>;
  /** Whether an operator other than a cast takes half-precision weights: the provider must then compute in fp16. */
  readonly computesInFloat16: boolean;
}

/**
 * Reads the structure of an ONNX file (protocol buffers, onnx.proto3), skipping the weights: a few milliseconds for a model of
 * gigabytes.
 *
 * @throws {Think2SegError} PACK_DAMAGED when the file is no model, INPUT_NOT_READABLE when the system does not give it.
 */
export function readOnnxFacts(path: string): OnnxFacts {
  const descriptor = openModel(path);
  try {
    const reader = new MessageReader(descriptor, fstatSync(descriptor).size);
    const walk = new ModelWalk(reader);
    walk.model();
    return walk.facts();
  } catch (error) {
    if (error instanceof MalformedMessage) {
      throw new Think2SegError(
        'PACK_DAMAGED',
        `${path} is no readable ONNX model (${error.message}); expected a complete model file; get the complete pack and import it`,
        { cause: error },
      );
    }
    throw readFailure(path, error);
  } finally {
    closeSync(descriptor);
  }
}

function openModel(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw readFailure(path, error);
  }
}

/** Field numbers of onnx.proto3. */
const field = {
  model: { graph: 7, trainingInfo: 20, functions: 25 },
  training: { initialization: 1, algorithm: 2 },
  function: { node: 7 },
  graph: { node: 1, initializer: 5, sparseInitializer: 15 },
  node: { input: 1, output: 2, opType: 4, attribute: 5 },
  attribute: { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparseTensor: 22, sparseTensors: 23 },
  sparse: { values: 1, indices: 2 },
  tensor: { dims: 1, dataType: 2, name: 8, externalData: 13 },
  entry: { key: 1, value: 2 },
} as const;

const float16 = 10;

interface TensorFacts {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
}

/** Follows the parts of a model that name operators and files. */
class ModelWalk {
  readonly #reader: MessageReader;
  readonly #operators = new Set<string>();
  readonly #externalFiles = new Set<string>();
  readonly #halfValues = new Set<string>();
  readonly #dimsByValue = new Map<string, readonly number[]>();
  /** What a cast gives to what it takes: weights may be stored in half precision. */
  readonly #castSources = new Map<string, string>();
  readonly #convWeights: string[] = [];
  /** Values that operators other than casts take. */
  readonly #computedInputs = new Set<string>();

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  facts(): OnnxFacts {
    if (this.#operators.size === 0) {
      throw new MalformedMessage('it holds no operators');
    }
    let computesInFloat16 = false;
    for (const name of this.#halfValues) {
      computesInFloat16 ||= this.#computedInputs.has(name);
    }
    for (const weight of this.#convWeights) {
      const dims = this.#dimsByValue.get(this.#castSources.get(weight) ?? weight);
      if (dims !== undefined && isConvByThrees(dims)) {
        this.#operators.add(convByThrees);
      }
    }
    return { operators: this.#operators, externalFiles: this.#externalFiles, computesInFloat16 };
  }

  model(): void {
    this.#reader.message(this.#reader.size, {
      [field.model.graph]: (end) => this.#graph(end),
      [field.model.trainingInfo]: (end) =>
        this.#reader.message(end, {
          [field.training.initialization]: (part) => this.#graph(part),
          [field.training.algorithm]: (part) => this.#graph(part),
        }),
      [field.model.functions]: (end) =>
        this.#reader.message(end, { [field.function.node]: (part) => this.#node(part) }),
    });
  }

  #graph(end: number): void {
    this.#reader.message(end, {
      [field.graph.node]: (part) => this.#node(part),
      [field.graph.initializer]: (part) => {
        const tensor = this.#tensor(part);
        this.#keepValue(tensor.name, tensor);
      },
      [field.graph.sparseInitializer]: (part) => this.#sparse(part),
    });
  }

  #keepValue(name: string, tensor: TensorFacts): void {
    this.#dimsByValue.set(name, tensor.dims);
    if (tensor.dataType === float16) {
      this.#halfValues.add(name);
    }
  }

  #node(end: number): void {
    const node: { operator: string; constant: TensorFacts | null } = { operator: '', constant: null };
    const inputs: string[] = [];
    const outputs: string[] = [];
    this.#reader.message(end, {
      [field.node.input]: (part) => inputs.push(this.#reader.text(part)),
      [field.node.output]: (part) => outputs.push(this.#reader.text(part)),
      [field.node.opType]: (part) => {
        node.operator = this.#reader.text(part);
      },
      [field.node.attribute]: (part) => {
        node.constant = this.#attribute(part) ?? node.constant;
      },
    });
    const { operator } = node;
    this.#operators.add(operator);
    const [firstInput, secondInput] = inputs;
    const [firstOutput] = outputs;
    if (operator === 'Constant' && node.constant !== null && firstOutput !== undefined) {
      this.#keepValue(firstOutput, node.constant);
    }
    if (operator === 'Cast' && firstInput !== undefined && firstOutput !== undefined) {
      this.#castSources.set(firstOutput, firstInput);
    }
    if (operator === 'Conv' && secondInput !== undefined) {
      this.#convWeights.push(secondInput);
    }
    if (operator !== 'Cast' && operator !== 'DequantizeLinear') {
      inputs.forEach((name) => this.#computedInputs.add(name));
    }
  }

  /** The tensor that the attribute holds, if it holds one. */
  #attribute(end: number): TensorFacts | null {
    const held: { tensor: TensorFacts | null } = { tensor: null };
    const tensor = (part: number): void => {
      held.tensor = this.#tensor(part);
    };
    const graph = (part: number): void => this.#graph(part);
    const sparse = (part: number): void => this.#sparse(part);
    this.#reader.message(end, {
      [field.attribute.tensor]: tensor,
      [field.attribute.tensors]: tensor,
      [field.attribute.graph]: graph,
      [field.attribute.graphs]: graph,
      [field.attribute.sparseTensor]: sparse,
      [field.attribute.sparseTensors]: sparse,
    });
    return held.tensor;
  }

  #sparse(end: number): void {
    const tensor = (part: number): void => void this.#tensor(part);
    this.#reader.message(end, { [field.sparse.values]: tensor, [field.sparse.indices]: tensor });
  }

  #tensor(end: number): TensorFacts {
    let name = '';
    let dataType = 0;
    const dims: number[] = [];
    this.#reader.message(
      end,
      {
        // Repeated numbers come one by one or packed into one part.
        [field.tensor.dims]: (part) => this.#reader.packedNumbers(part).forEach((dim) => dims.push(dim)),
        [field.tensor.name]: (part) => {
          name = this.#reader.text(part);
        },
        [field.tensor.externalData]: (part) => {
          let key = '';
          let value = '';
          this.#reader.message(part, {
            [field.entry.key]: (text) => {
              key = this.#reader.text(text);
            },
            [field.entry.value]: (text) => {
              value = this.#reader.text(text);
            },
          });
          if (key === 'location') {
            this.#externalFiles.add(value);
          }
        },
      },
      {
        [field.tensor.dims]: (value) => dims.push(value),
        [field.tensor.dataType]: (value) => {
          dataType = value;
        },
      },
    );
    return { name, dataType, dims };
  }
}
