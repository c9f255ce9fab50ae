import { describe, expect, it } from 'vitest';
import { chooseScale, comparingWord } from '../../../src-main/core/scenes/choose-scale.ts';
import { planTiles } from '../../../src-main/core/scenes/plan-tiles.ts';

const plan = planTiles(
  { x: 0, y: 0, width: 1000, height: 1000 },
  { frame: { width: 280, height: 280 }, scenePxPerModelPx: [1, 1], overlapModelPx: 70 },
);

describe('chooseScale', () => {
  it.each([
    ['Which is the largest body of water?', 'largest'],
    ['the northernmost of all houses', 'northernmost'],
    ['every tank in the south-westmost yard', 'westmost'],
    ['each Southeasternmost hut', 'Southeasternmost'],
    ['the upper leftmost roof', 'leftmost'],
    ['the tallest of all cranes', 'tallest'],
    ['all the highest, shortest or narrowest towers', 'highest'],
    ['the roof with the most panels', 'most'],
  ])('looks at the whole place for "%s"', (question, word) => {
    expect(comparingWord(question)).toBe(word);
    expect(chooseScale(question, plan).scale).toBe('whole');
  });

  it.each([
    'every house with at least two floors',
    'all ships of at most 20 m',
    'all ships of at the very least 20 m',
    'each junction of the main road',
    'every almost empty pool',
    'all western outposts',
  ])('looks at each part for "%s"', (question) => {
    expect(chooseScale(question, plan).scale).toBe('tiles');
  });
});
