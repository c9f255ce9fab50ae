/** The thread of a lane: loads its models as soon as it starts, and answers one call after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { Think2SegError } from '../../contract/errors.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { EncodedImage, Reasoner, Segmenter } from '../../core/ports.ts';
import { createReasoner } from '../../core/reason/reasoner.ts';
import { createSegmenter } from '../../core/segment/segmenter.ts';
import { RunningRequests } from '../running-requests.ts';
import {
  callersPerLane,
  type LaneCallName,
  type LaneCalls,
  type LaneReply,
  type LaneRequest,
  type LaneStart,
} from './lane-calls.ts';

type Handlers = {
  [Name in LaneCallName]: (input: LaneCalls[Name]['input'], signal: AbortSignal) => Promise<LaneCalls[Name]['output']>;
};

const onOneThread = { provider: 'cpu', threads: 1 } as const;

/** Calls share one load; after a failure the next one tries again. */
function loadedOnce<Model>(load: () => Promise<Model>): () => Promise<Model> {
  let loaded: Promise<Model> | null = null;
  return () =>
    (loaded ??= load().catch((thrown: unknown) => {
      loaded = null;
      throw thrown;
    }));
}

function createHandlers(start: LaneStart): Handlers {
  const openReasoner = loadedOnce<Reasoner>(() => createReasoner(start.lvlm, start.recipe, onOneThread));
  const openSegmenter = loadedOnce<Segmenter>(() => createSegmenter(start.segmenter, onOneThread));
  // Meanwhile the engine opens the scene. Whoever asks is told what went wrong.
  openReasoner()
    .then(openSegmenter)
    .catch(() => undefined);
  const encoded = new Map<number, EncodedImage>();
  return {
    openReasoner: async () => {
      const { provider, frame } = await openReasoner();
      return { provider, frame };
    },
    reason: async (request, signal) => (await openReasoner()).reason(request, { signal, onProgress: () => undefined }),
    openSegmenter: async () => {
      const { provider, maskSource, needsBoxes, inputSize } = await openSegmenter();
      return { provider, maskSource, needsBoxes, inputSize };
    },
    encode: async ({ imageNumber, image }, signal) => {
      let computedMs = 0;
      const segmenter = await openSegmenter();
      const newest = await segmenter.encode(image, signal, (ms) => (computedMs += ms));
      keepNewest(encoded, imageNumber, newest, callersPerLane);
      return { computedMs };
    },
    segment: async ({ imageNumber, prompts }, signal) => {
      const image = encoded.get(imageNumber);
      if (image === undefined) {
        return null;
      }
      let computedMs = 0;
      const masks = await (await openSegmenter()).segment(image, prompts, signal, (ms) => (computedMs += ms));
      return { masks, computedMs };
    },
  };
}

/** Serves until the thread is ended. */
export function serveLane(): void {
  const port = parentPort;
  if (port === null) {
    throw new Think2SegError('INTERNAL', 'a lane was started as a program, expected a thread of the engine');
  }
  const handlers = createHandlers(workerData as LaneStart);
  const running = new RunningRequests();
  // The models take one call at a time; the next ones wait here, so that they need not come a long way first.
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: LaneRequest) => {
    if (request.kind === 'cancel') {
      running.cancel(request.id);
      return;
    }
    // Name and input belong together by construction of the message; the compiler cannot follow a union of functions.
    const handler = handlers[request.name] as (
      input: unknown,
      signal: AbortSignal,
    ) => Promise<LaneCalls[LaneCallName]['output']>;
    const before = last;
    last = running
      .answer(request.id, async (signal) => {
        await before;
        signal.throwIfAborted();
        return handler(request.input, signal);
      })
      .then((reply: LaneReply) => port.postMessage(reply));
  });
}
