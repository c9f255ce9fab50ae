import { posix } from 'node:path';

/** Number format of a model file, as the public conversions write it into the name; `fp32` is a name without a suffix. */
export const precisions = ['fp32', 'fp16', 'q4', 'q4f16', 'int8', 'uint8', 'quantized', 'bnb4'] as const;

export type Precision = (typeof precisions)[number];

/** The parts a pack is made of: folder, and the names its model file may have, best first. */
export const modelParts = {
  lvlmVision: { folder: 'lvlm', names: ['vision_encoder'] },
  lvlmEmbedding: { folder: 'lvlm', names: ['embed_tokens'] },
  lvlmDecoder: { folder: 'lvlm', names: ['decoder_model_merged', 'decoder_model'] },
  segmenterVision: { folder: 'segmenter', names: ['vision_encoder'] },
  segmenterDecoder: { folder: 'segmenter', names: ['prompt_encoder_mask_decoder'] },
} as const;

export type ModelPart = keyof typeof modelParts;

export const modelPartNames = Object.keys(modelParts) as ModelPart[];

/** Settings that the steps read beside the models. */
export const requiredSettings = [
  'lvlm/config.json',
  'lvlm/tokenizer.json',
  'lvlm/preprocessor_config.json',
  'segmenter/config.json',
  'segmenter/preprocessor_config.json',
] as const;

/** `lvlm/onnx/decoder_model_merged_q4.onnx` is the part lvlmDecoder as q4; null for any other file. */
export function identifyModelFile(path: string): { part: ModelPart; precision: Precision; nameRank: number } | null {
  for (const part of modelPartNames) {
    const { folder, names } = modelParts[part];
    for (const [nameRank, name] of names.entries()) {
      const stem = `${folder}/onnx/${name}`;
      for (const precision of precisions) {
        if (path === `${stem}${precision === 'fp32' ? '' : `_${precision}`}.onnx`) {
          return { part, precision, nameRank };
        }
      }
    }
  }
  return null;
}

/** Where an external data file of a model lies in the pack; `location` is relative to the model's folder. */
export function externalDataPath(modelPath: string, location: string): string {
  return `${posix.dirname(modelPath)}/${location}`;
}

/** What a part's missing model file should be called, for messages. */
export function expectedNames(part: ModelPart): string {
  const { folder, names } = modelParts[part];
  return names.map((name) => `${folder}/onnx/${name}[_q4|_fp16|...].onnx`).join(' or ');
}
