/** Mouth shapes of a sung line at any moment, and blinks: pure functions of time. */

/** `fancam.v1.Note` in JSON; samples at 48 kHz may come as text, as protobuf writes 64-bit numbers. */
export interface NoteValues {
	startSamples?: number | string;
	endSamples?: number | string;
	visemes?: string;
}

/** A mouth: half-width factor, metres of opening, 0 to 1 of rounding. */
export interface Mouth {
	wide: number;
	open: number;
	round: number;
}

const SAMPLE_RATE_HZ = 48_000;
/** A consonant lasts at most this long, seconds. */
const CONSONANT_S = 0.075;

const SHAPES: Record<string, Mouth> = {
	'-': { wide: 1, open: 0, round: 0 },
	a: { wide: 1.02, open: 0.0215, round: 0.1 },
	e: { wide: 1.12, open: 0.0125, round: 0 },
	i: { wide: 1.22, open: 0.0078, round: 0 },
	o: { wide: 0.84, open: 0.0175, round: 0.85 },
	u: { wide: 0.72, open: 0.0095, round: 1 },
	m: { wide: 0.96, open: 0, round: 0 },
	f: { wide: 1.02, open: 0.0022, round: 0 },
	l: { wide: 1.0, open: 0.008, round: 0 },
	s: { wide: 1.14, open: 0.0035, round: 0 },
	t: { wide: 1.05, open: 0.0045, round: 0 },
	k: { wide: 1.02, open: 0.007, round: 0 },
	r: { wide: 0.9, open: 0.006, round: 0.5 },
	w: { wide: 0.72, open: 0.0045, round: 1 },
};

const REST: Mouth = { wide: 1, open: 0, round: 0 };

interface Shape {
	from: number;
	to: number;
	mouth: Mouth;
}

/** A line to be sung by a mouth. */
export class Lips {
	readonly #shapes: Shape[] = [];

	constructor(notes: readonly NoteValues[]) {
		for (const note of notes) {
			const start = Number(note.startSamples ?? 0) / SAMPLE_RATE_HZ;
			const end = Number(note.endSamples ?? 0) / SAMPLE_RATE_HZ;
			const visemes = [...(note.visemes || 'a')];
			const vowels = Math.max(1, visemes.filter((v) => 'aeiou'.includes(v)).length);
			const consonants = visemes.length - visemes.filter((v) => 'aeiou'.includes(v)).length;
			const short = Math.min(CONSONANT_S, (end - start) / (visemes.length + vowels));
			const long = Math.max(short, (end - start - consonants * short) / vowels);
			let at = start;
			for (const viseme of visemes) {
				const until = Math.min(end, at + ('aeiou'.includes(viseme) ? long : short));
				this.#shapes.push({ from: at, to: until, mouth: SHAPES[viseme] ?? REST });
				at = until;
			}
		}
		this.#shapes.sort((a, b) => a.from - b.from);
	}

	/** The mouth at a time of the song in seconds, between notes closed. Lips lead the sound a little, as people's do. */
	at(seconds: number): Mouth {
		const out = { wide: 0, open: 0, round: 0 };
		const taps = [-0.05, -0.02, 0.01, 0.04, 0.07];
		for (const tap of taps) {
			const mouth = this.#exact(seconds + tap);
			out.wide += mouth.wide / taps.length;
			out.open += mouth.open / taps.length;
			out.round += mouth.round / taps.length;
		}
		return out;
	}

	#exact(seconds: number): Mouth {
		let low = 0;
		let high = this.#shapes.length - 1;
		while (low <= high) {
			const middle = (low + high) >> 1;
			const shape = this.#shapes[middle] as Shape; // middle is within
			if (seconds < shape.from) high = middle - 1;
			else if (seconds >= shape.to) low = middle + 1;
			else {
				// A held vowel breathes: it opens quickly and relaxes towards the end of the note.
				const f = (seconds - shape.from) / Math.max(1e-6, shape.to - shape.from);
				return { ...shape.mouth, open: shape.mouth.open * (1 - 0.22 * f * f) };
			}
		}
		return REST;
	}
}

/** How open the eyes are at a time, 0 to 1: a blink of a fifth of a second about every three seconds, some of them double. */
export function blinkAt(seconds: number): number {
	let open = 1;
	for (let k = Math.floor(seconds / 2.9) - 1; k <= Math.floor(seconds / 2.9) + 1; k++) {
		const jitter = (Math.abs(Math.sin(k * 12.9898 + 4.1) * 43758.5453) % 1) * 1.7;
		const twice = Math.abs(Math.sin(k * 78.233) * 9631.7) % 1 > 0.75;
		for (const after of twice ? [0, 0.3] : [0]) {
			const t = seconds - (k * 2.9 + jitter + after);
			if (t > -0.07 && t < 0.16) open = Math.min(open, t < 0 ? -t / 0.07 : t < 0.04 ? 0 : (t - 0.04) / 0.12);
		}
	}
	return open;
}
