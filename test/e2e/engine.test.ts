import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DesktopInput } from '../../src-main/contract/desktop-bridge.ts';
import { launchDesktop, type DesktopApp } from '../support/desktop-app.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { segmentInput } from '../support/segment-input.ts';

describe.skipIf(electronMissing !== null)(`the engine behind the window ${electronMissing ?? ''}`, () => {
  let desktop: DesktopApp;
  let sample: string;
  let segment: DesktopInput<'query.segment'>;
  let ask: DesktopInput<'query.ask'>;

  beforeAll(async () => {
    desktop = await launchDesktop();
    const start = await desktop.start();
    sample = start.sampleScenePath;
    segment = segmentInput(sample, {
      question: 'Where is liquid fuel kept in bulk?',
      packDirectory: start.embeddedPackDirectory,
      scratchName: '.think2seg-e2e',
    });
    const { rasterPath, question, target, bands, packDirectory, provider, threads, mode, connectivity } = segment;
    ask = { rasterPath, question, target, bands, packDirectory, provider, threads, mode, connectivity };
  });
  afterAll(() => desktop.close());

  it('answers a question and reports each stage on the way', async () => {
    const callId = 77;
    const reply = await desktop.call('query.segment', segment, callId);
    expect(reply).toMatchObject({ ok: true, output: { status: expect.stringMatching(/ok|no-target/u) as string } });
    const events = await desktop.events();
    const stages = events.flatMap((event) =>
      event.kind === 'progress' && event.callId === callId ? [event.event.stage] : [],
    );
    expect(stages).toEqual(expect.arrayContaining(['reading', 'thinking', 'placing', 'segmenting', 'outlining']));
  });

  it('asks tiles side by side, in threads with models of their own', async () => {
    const scale = { name: 'tiles', gsdM: null, overlapPx: null } as const;
    // Two threads wherever this runs: fewer would ask one tile after another in the engine's own thread.
    const reply = await desktop.call('query.segment', { ...segment, scale, threads: 2 });
    expect(reply).toMatchObject({ ok: true, output: { scale: { name: 'tiles', failed: 0 } } });
    expect(reply.ok ? reply.output.scale : undefined).not.toMatchObject({ answered: 0 });
  });

  it('examines providers in processes of their own', async () => {
    const reply = await desktop.call('doctor', { packDirectory: segment.packDirectory });
    expect(reply).toMatchObject({ ok: true, output: { pack: { state: 'ok' } } });
    const cpu = reply.ok ? reply.output.providers.find(({ provider }) => provider === 'cpu') : undefined;
    expect(cpu).toMatchObject({ works: true });
  });

  it('refuses input that the contract does not allow', async () => {
    const wrong = { path: sample } as unknown as DesktopInput<'scene.info'>;
    expect(await desktop.call('scene.info', wrong)).toMatchObject({ ok: false, error: { code: 'USAGE' } });
  });

  it('ends a cancelled call at once and answers the next', async () => {
    const callId = 78;
    const asked = desktop.call('query.segment', segment, callId);
    await desktop.call('call.cancel', { callId });
    const started = performance.now();
    expect(await asked).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    expect(performance.now() - started).toBeLessThan(500);
    expect(await desktop.call('query.segment', segment)).toMatchObject({ ok: true });
  });

  // Placing and outlining take a millisecond each here: nothing is left to stop when their first word arrives.
  it.each(['loading', 'reading', 'seeing', 'thinking', 'segmenting'] as const)(
    'is stopped while it is %s, at once',
    async (stage) => {
      await desktop.call('models.unload', {});
      // A handful of prompts may be done before the word to stop is there; some hundred take a second on any machine.
      const input = stage === 'segmenting' ? { ...segment, promptSource: manyPrompts() } : ask;
      const stopped = await desktop.window.evaluate(
        async ([input, wanted]) => {
          const callId = Math.floor(Math.random() * 1e9);
          let askedToStopMs = 0;
          const forget = window.think2seg.listen((event) => {
            if (
              event.kind === 'progress' &&
              event.callId === callId &&
              event.event.stage === wanted &&
              askedToStopMs === 0
            ) {
              askedToStopMs = performance.now();
              void window.think2seg.call('call.cancel', { callId }, callId + 1);
            }
          });
          const reply =
            'promptSource' in input
              ? await window.think2seg.call('query.segment', input, callId)
              : await window.think2seg.call('query.ask', input, callId);
          forget();
          return { reply, delayMs: performance.now() - askedToStopMs };
        },
        [input, stage] as const,
      );
      expect(stopped.reply).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
      expect(stopped.delayMs).toBeLessThan(300);
      expect(await desktop.call('query.ask', ask)).toMatchObject({ ok: true, output: { status: 'ok' } });
    },
  );

  it('dies without taking the window along, says so, and the next question is answered', async () => {
    const engine = await desktop.enginePid();
    const callId = 79;
    const asked = desktop.call('query.segment', { ...segment, promptSource: manyPrompts() }, callId);
    const isAtWork = async (): Promise<boolean> =>
      (await desktop.events()).some((event) => event.kind === 'progress' && event.callId === callId);
    await expect.poll(isAtWork).toBe(true);
    process.kill(engine, 'SIGKILL');
    expect(await asked).toMatchObject({
      ok: false,
      error: { code: 'ENGINE_CRASHED', message: expect.stringContaining('killed, code 9') as string },
    });
    await expect.poll(async () => engineStates(desktop)).toEqual(['crashed', 'starting', 'ready']);
    expect(await desktop.call('query.segment', segment)).toMatchObject({ ok: true });
    expect(desktop.problems).toEqual([]);
  });

  it('dies before it hears a question, which the next one answers', async () => {
    const engine = await desktop.enginePid();
    // A stopped process hears nothing.
    process.kill(engine, 'SIGSTOP');
    const asked = desktop.call('query.segment', { ...segment, question: 'Which is the largest body of water?' });
    // Calls arrive in their order: once this one is answered the question is with the engine.
    await desktop.start();
    process.kill(engine, 'SIGKILL');
    expect(await asked).toMatchObject({ ok: true, output: { status: 'ok' } });
    expect(await engineStates(desktop)).toEqual(['crashed', 'starting', 'ready', 'crashed', 'starting', 'ready']);
    expect(desktop.problems).toEqual([]);
  });
});

/** Boxes all over the sample scene. */
function manyPrompts(): DesktopInput<'query.segment'>['promptSource'] {
  const steps = Array.from({ length: 20 }, (_, index) => index * 48);
  const promptsWindowPx = steps.flatMap((x) =>
    steps.map((y) => ({ bbox_2d: [x, y, x + 40, y + 40] as [number, number, number, number] })),
  );
  return { kind: 'prompts', promptsWindowPx };
}

/** States since the engine was ready for the first time. */
async function engineStates(desktop: DesktopApp): Promise<string[]> {
  const states = (await desktop.events()).flatMap((event) => (event.kind === 'engine' ? [event.state] : []));
  return states.slice(states.indexOf('crashed'));
}
