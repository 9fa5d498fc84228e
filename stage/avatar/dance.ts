/** A dance as data: loops of channels, and what a channel is at a beat. */

/** One channel: rows of `[beat, ...values]` in order, over a loop. */
export type Channel = readonly (readonly number[])[];

/** A loop that fits the song's beat. */
export interface Dance {
	/** Length of the loop in beats. */
	beats: number;
	/**
	 * `hips` x y z yaw pitch roll (offsets), `chest` and `head` yaw pitch roll, `hand_*` x y z from the middle of the shoulders in the chest's
	 * turn, `elbow_*` and `thumb_*` direction hints in the same space, `foot_*` x y z yaw (offsets of the ankle), `aim_*` direction of
	 * the fingers.
	 */
	channels: Record<string, Channel>;
	/** Shape of each hand: a name out of `GRIPS`. */
	grips?: { left?: string; right?: string };
	/** Whether a microphone may take the right hand over; false for poses that need both hands. */
	microphone?: boolean;
}

/** Value of a periodic channel: Catmull-Rom through its keys, eased so that hits land on their beat. */
export function channelAt(channel: Channel, beats: number, beat: number, out: number[]): number[] {
	const n = channel.length;
	const first = channel[0];
	if (!first) throw new RangeError('a channel needs at least one key');
	const at = ((beat % beats) + beats) % beats;
	let i = n - 1;
	for (let k = 0; k < n; k++) if ((channel[k]?.[0] ?? 0) <= at) i = k;
	if (at < (first[0] ?? 0)) i = n - 1;
	const row = (k: number): readonly number[] => channel[((k % n) + n) % n] ?? first;
	const b = row(i);
	const c = row(i + 1);
	const start = b[0] ?? 0;
	let span = (c[0] ?? 0) - start;
	if (span <= 0) span += beats;
	let into = at - start;
	if (into < 0) into += beats;
	const f = n === 1 ? 0 : Math.min(1, into / span);
	const a = row(i - 1);
	const d = row(i + 2);
	const e = f * f * (3 - 2 * f);
	const t = f + (e - f) * 0.55;
	for (let k = 1; k < first.length; k++) {
		const [pa, pb, pc, pd] = [a[k] ?? 0, b[k] ?? 0, c[k] ?? 0, d[k] ?? 0];
		const m0 = (pc - pa) * 0.3;
		const m1 = (pd - pb) * 0.3;
		const t2 = t * t;
		const t3 = t2 * t;
		out[k - 1] = (2 * t3 - 3 * t2 + 1) * pb + (t3 - 2 * t2 + t) * m0 + (-2 * t3 + 3 * t2) * pc + (t3 - t2) * m1;
	}
	return out;
}
