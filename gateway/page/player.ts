/**
 * Plays a held take, its tuned voice or the song with it, from any of the take's moments, with a tone over the words that
 * are to be bleeped. Sounds lie in memory alone and are let go with the case.
 */
import type { Part } from './rest.js';

const BLEEP_HZ = 1000;
const BLEEP_GAIN = 0.12;
/** As far as the gain is moved at the edges of a bleep, in seconds, so that nothing clicks. */
const EDGE_S = 0.008;
/** Engines set the ends of words 20 to 120 ms wrong; the service widens what is censored in the film by this. */
const WIDER_S = 0.08;

export interface Bleep {
	start_s: number;
	end_s: number;
}

interface Running {
	nodes: AudioScheduledSourceNode[];
	/** The context's time at which the take's moment `from_s` was heard. */
	began_s: number;
	from_s: number;
	to_s: number;
}

export class Player {
	/** Where in the take it stands, in seconds. */
	#at_s = 0;
	#context: AudioContext | null = null;
	#running: Running | null = null;
	#sounds = new Map<Part, AudioBuffer>();
	#begins: Partial<Record<Part, number>> = {};
	#part: Part = 'take';
	#bleeps: Bleep[] = [];

	/** @param changed Told when it begins or ends to play. */
	constructor(private readonly changed: () => void) {}

	get playing(): boolean {
		return this.#running !== null;
	}

	get part(): Part {
		return this.#part;
	}

	/** The take's moment that is heard now, or would be next; at the end of what was asked for, playing ends. */
	get at_s(): number {
		const running = this.#running;
		if (!running || !this.#context) return this.#at_s;
		const at_s = running.from_s + this.#context.currentTime - running.began_s;
		return Math.min(Math.max(at_s, running.from_s), running.to_s);
	}

	/** Take up a case: forget every sound of the one before. */
	open(begins: Partial<Record<Part, number>>): void {
		this.pause();
		this.#sounds.clear();
		this.#begins = begins;
		this.#part = 'take';
		this.#bleeps = [];
		this.#at_s = 0;
	}

	/**
	 * Keep a sound.
	 *
	 * @throws DOMException The browser cannot read it.
	 */
	async add(part: Part, data: ArrayBuffer): Promise<AudioBuffer> {
		const sound = await this.#open().decodeAudioData(data);
		this.#sounds.set(part, sound);
		return sound;
	}

	has(part: Part): boolean {
		return this.#sounds.has(part);
	}

	choose(part: Part): void {
		const again = this.playing;
		this.pause();
		this.#part = part;
		if (again) void this.play();
	}

	set bleeps(bleeps: Bleep[]) {
		const to_s = this.#running?.to_s;
		this.pause();
		this.#bleeps = bleeps;
		if (to_s !== undefined) void this.play(this.#at_s, to_s);
	}

	seek(at_s: number): void {
		const again = this.playing;
		this.pause();
		this.#at_s = Math.max(0, at_s);
		if (again) void this.play();
	}

	/** Play from where it stands, or between two of the take's moments. */
	async play(from_s = this.#at_s, to_s = Number.POSITIVE_INFINITY): Promise<void> {
		const sound = this.#sounds.get(this.#part);
		if (!sound) return;
		this.pause();
		const context = this.#open();
		await context.resume();
		const shift_s = this.#begins[this.#part] ?? 0;
		const last_s = Math.min(to_s, sound.duration - shift_s);
		// What lies before the sound's first sample cannot be heard in it; after the end it begins anew.
		const first_s = Math.max(from_s >= last_s - 0.02 ? 0 : from_s, -shift_s, 0);
		if (last_s <= first_s) return;
		const source = new AudioBufferSourceNode(context, { buffer: sound });
		const voice = new GainNode(context);
		source.connect(voice).connect(context.destination);
		const began_s = context.currentTime + 0.02;
		source.start(began_s, first_s + shift_s, last_s - first_s);
		const nodes: AudioScheduledSourceNode[] = [source];
		for (const bleep of this.#bleeps) {
			const start = Math.max(bleep.start_s - WIDER_S, first_s) - first_s + began_s;
			const end = Math.min(bleep.end_s + WIDER_S, last_s) - first_s + began_s;
			if (end > start) nodes.push(this.#tone(context, voice.gain, start, end));
		}
		const running = { nodes, began_s, from_s: first_s, to_s: last_s };
		this.#running = running;
		source.onended = () => {
			if (this.#running === running) this.#end(last_s);
		};
		this.changed();
	}

	pause(): void {
		if (this.#running) this.#end(this.at_s);
	}

	#end(at_s: number): void {
		const running = this.#running;
		this.#running = null;
		this.#at_s = at_s;
		for (const node of running?.nodes ?? []) {
			node.onended = null;
			node.stop();
			node.disconnect();
		}
		this.changed();
	}

	#tone(context: AudioContext, voice: AudioParam, start: number, end: number): OscillatorNode {
		const tone = new OscillatorNode(context, { frequency: BLEEP_HZ });
		const level = new GainNode(context, { gain: 0 });
		tone.connect(level).connect(context.destination);
		voice.setTargetAtTime(0, start - EDGE_S, EDGE_S / 4);
		voice.setTargetAtTime(1, end, EDGE_S / 4);
		level.gain.setTargetAtTime(BLEEP_GAIN, start, EDGE_S / 4);
		level.gain.setTargetAtTime(0, end - EDGE_S, EDGE_S / 4);
		tone.start(start);
		tone.stop(end);
		return tone;
	}

	#open(): AudioContext {
		// A browser may refuse to sound before the first key or click; it is resumed with every play.
		this.#context ??= new AudioContext();
		return this.#context;
	}
}
