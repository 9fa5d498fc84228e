/** Which dance is danced when, and how one becomes the next: a pure function of the beat. */
import type { Dance } from './dance.js';

/** A dance from a beat on; it blends in over `blendBeats`. The first one of a list has always been danced. */
export interface Cue {
	/** Beats of the film. */
	beat: number;
	dance: Dance;
	blendBeats: number;
}

/** What is danced at a moment. */
export interface Danced {
	dance: Dance;
	/** What it blends out of, or null. */
	before: Dance | null;
	/** 0 to 1: how much of `dance` there is already. */
	share: number;
}

/**
 * What is danced at a beat.
 *
 * @param cues In order of beat.
 * @throws RangeError if there is no cue.
 */
export function dancedAt(cues: readonly Cue[], beat: number): Danced {
	let k = 0;
	while (k + 1 < cues.length && (cues[k + 1] as Cue).beat <= beat) k++; // k + 1 is within
	const cue = cues[k];
	if (!cue) throw new RangeError('there is nothing to dance');
	const before = cues[k - 1]?.dance ?? null;
	const into = cue.blendBeats > 0 ? Math.min(1, (beat - cue.beat) / cue.blendBeats) : 1;
	if (!before || into >= 1) return { dance: cue.dance, before: null, share: 1 };
	return { dance: cue.dance, before, share: into * into * (3 - 2 * into) };
}

/** Numbers between two rows; the shorter one's missing values are 0. */
export function mixed(from: readonly number[], to: readonly number[], share: number): number[] {
	return Array.from({ length: Math.max(from.length, to.length) }, (_, k) => {
		const a = from[k] ?? 0;
		return a + ((to[k] ?? 0) - a) * share;
	});
}
