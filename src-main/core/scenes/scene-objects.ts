/**
 * The objects of a scene on their way out. An object that was made whole over a seam may turn out to be one that another tile reported:
 * objects wait until nothing that comes later can reach them, so that the same object is never written twice.
 */
import type { WindowPx } from '../../contract/geo.ts';
import type { Prompt } from '../../contract/prompt.ts';
import { areaPxOf, boundsOfRuns, sharedAreaPx, type Runs } from './run-length-mask.ts';
import { sharedWindow } from './plan-tiles.ts';
import type { Box } from './tile-edges.ts';

export interface SceneObject {
  readonly runs: Runs;
  readonly score: number;
  readonly promptScenePx: Prompt;
  /** In scene pixels. */
  readonly boxScenePx: Box;
  /** `seen`: as tiles reported it. `completed`: made whole over a seam. `left-cut`: it goes on, but nothing says how. */
  readonly origin: 'seen' | 'completed' | 'left-cut';
}

interface Held {
  readonly object: SceneObject;
  readonly boundsPx: WindowPx;
  readonly areaPx: number;
}

/** Share of an object that must be in another for them to be the same. */
const sameShare = 0.5;

export class SceneObjects {
  readonly #waitPx: number;
  #held: Held[] = [];

  /** @param waitPx objects that end so far above the rows that are still to come are handed out. */
  constructor(waitPx: number) {
    this.#waitPx = waitPx;
  }

  /** @returns whether it is a new object; false when it is one that is here already, of which the better stays. */
  add(object: SceneObject): boolean {
    const added: Held = { object, boundsPx: boundsOfRuns(object.runs), areaPx: areaPxOf(object.runs) };
    const same = this.#held.filter((other) => isSame(added, other));
    const best = same.reduce((a, b) => (isBetter(b, a) ? b : a), added);
    if (best === added) {
      this.#held = this.#held.filter((other) => !same.includes(other));
      this.#held.push(added);
    }
    return same.length === 0;
  }

  /** @param nextTopPx first scene row of the tiles that are still to come. */
  release(nextTopPx: number): SceneObject[] {
    const isDone = ({ boundsPx }: Held): boolean => boundsPx.y + boundsPx.height + this.#waitPx <= nextTopPx;
    const done = this.#held.filter(isDone);
    this.#held = this.#held.filter((held) => !isDone(held));
    return done.map(({ object }) => object);
  }
}

/** Objects that tiles saw whole have been compared where they were seen. */
function isSame(a: Held, b: Held): boolean {
  if ((a.object.origin === 'seen' && b.object.origin === 'seen') || sharedWindow(a.boundsPx, b.boundsPx) === null) {
    return false;
  }
  const shared = sharedAreaPx(a.object.runs, b.object.runs);
  // What was seen whole and is a small part of a larger object is an object of its own.
  const compared =
    a.object.origin === 'seen' ? b.areaPx : b.object.origin === 'seen' ? a.areaPx : Math.min(a.areaPx, b.areaPx);
  return shared >= sameShare * compared;
}

const trust = { seen: 2, completed: 1, 'left-cut': 0 };

function isBetter(a: Held, b: Held): boolean {
  const byOrigin = trust[a.object.origin] - trust[b.object.origin];
  return byOrigin > 0 || (byOrigin === 0 && a.areaPx > b.areaPx);
}
